/** One pair's model: what it is and learned from, and what can be done about it. */
import { useState } from "react";
import { Link } from "react-router";
import { showToast } from "@/components/toast-store";
import { Modal } from "@/components/ui/modal";
import { AbsoluteTime } from "@/components/ui/time";
import type { ModelStatus } from "@/lib/api/types";
import { useNow } from "@/lib/clock";
import { formatCount, formatDuration, formatRange, plural } from "@/lib/format";
import { servicePath } from "@/lib/paths";
import { usePreferences } from "@/lib/preferences";
import { useRetrain, useRollback } from "../queries";
import { alertRateText, describeModel } from "../view-model";

export function ModelDialog({ model, onClose }: { model: ModelStatus; onClose: () => void }) {
  const { service, metric, title } = model;
  const { zone } = usePreferences();
  const words = describeModel(model, useNow(), zone);
  const retrain = useRetrain();
  const rollback = useRollback();
  const refused = retrain.error ?? rollback.error;
  const train = (force: boolean, news: string) =>
    retrain.mutate({ service, metric, force }, { onSuccess: () => showToast(news) });
  const goBack = () =>
    rollback.mutate(
      { service, metric },
      {
        onSuccess: () => showToast(`The model before serves ${title} on ${service}, until the next retrain.`),
      },
    );
  return (
    <Modal label={`Model of ${title} on ${service}`} onClose={onClose}>
      <div className="model-head">
        <h2 className="break">
          {title} on <bdi>{service}</bdi>
        </h2>
        <button type="button" className="button button-plain" onClick={onClose}>
          Close
        </button>
      </div>
      <p className="break">
        <span className={`model-word model-${words.tone}`}>
          <span aria-hidden="true">{words.glyph}</span> {words.word}
        </span>{" "}
        {words.detail}
      </p>
      <Facts model={model} />
      <Changes model={model} />
      <div className="row">
        <button
          type="button"
          className="button button-primary"
          data-autofocus
          disabled={retrain.isPending}
          onClick={() => train(false, `${title} on ${service} is being retrained.`)}
        >
          Retrain this pair
        </button>
        {model.candidate && (
          <button
            type="button"
            className="button"
            disabled={retrain.isPending}
            onClick={() => train(true, `The newer model of ${title} on ${service} is trained and taken.`)}
          >
            Take the newer one
          </button>
        )}
        {model.before && <RollBack pending={rollback.isPending} onSure={goBack} />}
        <Link className="button" to={`/models/backtest?${new URLSearchParams({ service, metric })}`}>
          Backtest it
        </Link>
        <Link className="button" to={servicePath(service)}>
          Go to the service
        </Link>
      </div>
      {refused && <p role="alert">{refused.message}</p>}
    </Modal>
  );
}

/** Asks once more in its own place: nothing takes it back but a retrain. Left without the second press, it forgets the first.
 * The second half of a double click and a key held down are no second press. */
function RollBack({ pending, onSure }: { pending: boolean; onSure: () => void }) {
  const [sure, setSure] = useState(false);
  return (
    <button
      type="button"
      className={sure ? "button button-primary" : "button"}
      aria-disabled={pending}
      onKeyDown={(event) => {
        if (event.key === "Enter" && event.repeat) event.preventDefault();
      }}
      onBlur={() => setSure(false)}
      onClick={(event) => {
        if (pending || (sure && event.detail > 1)) return;
        if (sure) onSure();
        setSure(!sure);
      }}
    >
      {sure ? "Press again to roll back" : "Roll back"}
    </button>
  );
}

/** How it differs from the one before, and why a newer one was not taken. */
function Changes({ model }: { model: ModelStatus }) {
  return (
    <>
      {model.candidate && (
        <p className="model-note break">
          <strong>A newer model was held back:</strong> {model.candidate}
        </p>
      )}
      {model.held && (
        <p className="model-note">
          <strong>Held.</strong> It was gone back to and stays as it is until the next retrain.
        </p>
      )}
      {model.changed && (
        <p className="break">
          <strong>Against the one before:</strong> {model.changed}
        </p>
      )}
    </>
  );
}

function Facts({ model }: { model: ModelStatus }) {
  const { usual, trained_at, unit } = model;
  return (
    <dl className="model-facts">
      <dt>Trained</dt>
      <dd>{trained_at ? <AbsoluteTime at={trained_at} /> : "never"}</dd>
      <dt>Samples</dt>
      <dd>
        {formatCount(model.samples ?? model.have)} of a window of {formatDuration(model.window * 1_000)}; at
        least {formatCount(model.need)} are needed
      </dd>
      <dt>Learned by now</dt>
      <dd>{model.learned === null ? "it judges nothing yet" : plural(model.learned, "reading")}</dd>
      <dt>Called anomalous</dt>
      <dd>{alertRateText(model)} judged since it serves</dd>
      <dt>Usual values</dt>
      <dd>{usual ? formatRange(usual.low, usual.high, unit) : "not learned yet"}</dd>
      <dt>Generation</dt>
      <dd className="model-version">{model.version ?? "none"}</dd>
      <dt>The one before</dt>
      <dd>{model.before ? <AbsoluteTime at={model.before} /> : "none is kept"}</dd>
    </dl>
  );
}
