/** One pair's model: what it is and learned from, and what can be done about it. */
import { Link } from "react-router";
import { showToast } from "@/components/toast-store";
import { Modal } from "@/components/ui/modal";
import { AbsoluteTime } from "@/components/ui/time";
import type { ModelStatus } from "@/lib/api/types";
import { useNow } from "@/lib/clock";
import { formatCount, formatDuration, formatRange } from "@/lib/format";
import { servicePath } from "@/lib/paths";
import { usePreferences } from "@/lib/preferences";
import { useRetrain } from "../queries";
import { describeModel } from "../view-model";

export function ModelDialog({ model, onClose }: { model: ModelStatus; onClose: () => void }) {
  const { service, metric } = model;
  const { zone } = usePreferences();
  const words = describeModel(model, useNow(), zone);
  const retrain = useRetrain();
  return (
    <Modal label={`Model of ${metric} on ${service}`} onClose={onClose}>
      <h2 className="break">
        {metric} on <bdi>{service}</bdi>
      </h2>
      <p className="break">
        <span className={`model-word model-${words.tone}`}>
          <span aria-hidden="true">{words.glyph}</span> {words.word}
        </span>{" "}
        {words.detail}
      </p>
      <Facts model={model} />
      {retrain.error && <p role="alert">{retrain.error.message}</p>}
      <div className="row">
        <button
          type="button"
          className="button button-primary"
          disabled={retrain.isPending}
          onClick={() =>
            retrain.mutate(
              { service, metric },
              { onSuccess: () => showToast(`${metric} on ${service} is being retrained.`) },
            )
          }
        >
          Retrain this pair
        </button>
        <Link className="button" to={`/models/backtest?${new URLSearchParams({ service, metric })}`}>
          Backtest it
        </Link>
        <Link className="button" to={servicePath(service)}>
          Go to the service
        </Link>
        <button type="button" className="button button-plain" onClick={onClose}>
          Close
        </button>
      </div>
    </Modal>
  );
}

function Facts({ model }: { model: ModelStatus }) {
  const { expected, trained_at } = model;
  return (
    <dl className="model-facts">
      <dt>Trained</dt>
      <dd>{trained_at ? <AbsoluteTime at={trained_at} /> : "never"}</dd>
      <dt>Samples</dt>
      <dd>
        {formatCount(model.samples ?? model.have)} of a window of {formatDuration(model.window * 1_000)}; at
        least {formatCount(model.need)} are needed
      </dd>
      <dt>Expected range</dt>
      <dd>{expected ? formatRange(expected.low, expected.high, "") : "not learned yet"}</dd>
      <dt>Generation</dt>
      <dd className="model-version">{model.version ?? "none"}</dd>
    </dl>
  );
}
