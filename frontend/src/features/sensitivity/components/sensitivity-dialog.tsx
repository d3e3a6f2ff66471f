/** Changes one metric's sensitivity, after showing what the change would have done in the last days. */
import { useQuery } from "@tanstack/react-query";
import { useDeferredValue, useId, useState } from "react";
import { showToast } from "@/components/toast-store";
import { Modal } from "@/components/ui/modal";
import { QueryView, Skeleton } from "@/components/ui/states";
import type { MetricSensitivity, SensitivityList } from "@/lib/api/types";
import { previewQuery, type Sensitivity, useSaveSensitivity } from "../queries";
import { parseScore, sensitivityText, WORDS } from "../view-model";
import { Preview } from "./preview";

const DAYS = [1, 3, 7, 14];

interface SensitivityDialogProps {
  setting: MetricSensitivity;
  words: SensitivityList["words"];
  onClose: () => void;
}

export function SensitivityDialog({ setting, words, onClose }: SensitivityDialogProps) {
  const [chosen, setChosen] = useState<Sensitivity>(setting.sensitivity);
  const [days, setDays] = useState(7);
  const save = useSaveSensitivity(setting.metric);
  const put = (sensitivity: Sensitivity | null) =>
    save.mutate(sensitivity, {
      onSuccess: () => {
        const before = setting.source === "operator" ? setting.sensitivity : null;
        showToast(
          `${setting.title} is judged by ${sensitivityText(sensitivity ?? setting.configured)} now.`,
          {
            undo: () => save.mutate(before),
          },
        );
        onClose();
      },
    });
  return (
    <Modal label={`Sensitivity of ${setting.title}`} className="sensitivity-dialog" onClose={onClose}>
      <h2>Sensitivity of {setting.title}</h2>
      <Choice {...{ chosen, words }} onChoose={setChosen} />
      <LastDays days={days} onChange={setDays} />
      <PreviewOf metric={setting.metric} sensitivity={useDeferredValue(chosen)} days={days} />
      {save.error && <p role="alert">{save.error.message}</p>}
      <div className="row">
        <button
          type="button"
          className="button button-primary"
          disabled={save.isPending || chosen === setting.sensitivity}
          onClick={() => put(chosen)}
        >
          Save {sensitivityText(chosen)}
        </button>
        {setting.source === "operator" && (
          <button type="button" className="button" disabled={save.isPending} onClick={() => put(null)}>
            Back to config.yaml ({sensitivityText(setting.configured)})
          </button>
        )}
        <button type="button" className="button button-plain" onClick={onClose}>
          Cancel
        </button>
      </div>
    </Modal>
  );
}

interface ChoiceProps {
  chosen: Sensitivity;
  words: SensitivityList["words"];
  onChoose: (sensitivity: Sensitivity) => void;
}

function Choice({ chosen, words, onChoose }: ChoiceProps) {
  const name = useId();
  const [score, setScore] = useState(String(typeof chosen === "number" ? chosen : (words[chosen] ?? "")));
  const own = typeof chosen === "number";
  const parsed = parseScore(score);
  return (
    <fieldset className="sensitivity-choice">
      <legend className="field-label">A reading is anomalous from this score on</legend>
      {WORDS.map((word) => (
        <label key={word} className="sensitivity-word">
          <input type="radio" name={name} checked={chosen === word} onChange={() => onChoose(word)} /> {word}{" "}
          <span className="muted small">{words[word]}</span>
        </label>
      ))}
      <span className="sensitivity-word">
        <label>
          <input
            type="radio"
            name={name}
            checked={own}
            onChange={() => parsed !== null && onChoose(parsed)}
          />{" "}
          score
        </label>{" "}
        <input
          className="control sensitivity-score"
          type="number"
          aria-label="Score, between 0 and 1"
          aria-invalid={parsed === null}
          min={0.01}
          max={0.99}
          step={0.005}
          value={score}
          onChange={(event) => {
            setScore(event.target.value);
            const next = parseScore(event.target.value);
            if (next !== null) onChoose(next);
          }}
        />
      </span>
    </fieldset>
  );
}

function LastDays({ days, onChange }: { days: number; onChange: (days: number) => void }) {
  return (
    <div className="row">
      <span className="field-label" id="preview-days">
        What it would have done in the last
      </span>
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset would need a legend of its own */}
      <div role="group" aria-labelledby="preview-days">
        {DAYS.map((each) => (
          <button
            key={each}
            type="button"
            className="toggle"
            aria-pressed={each === days}
            onClick={() => onChange(each)}
          >
            {each} d
          </button>
        ))}
      </div>
    </div>
  );
}

interface PreviewOfProps {
  metric: string;
  sensitivity: Sensitivity;
  days: number;
}

function PreviewOf({ metric, sensitivity, days }: PreviewOfProps) {
  const query = useQuery(previewQuery(metric, sensitivity, days));
  return (
    <div className={query.isPlaceholderData ? "sensitivity-old" : undefined} aria-busy={query.isFetching}>
      <QueryView
        query={query}
        what="The preview"
        skeleton={<Skeleton height={230} label="Working out what would change" />}
      >
        {(preview) => <Preview preview={preview} />}
      </QueryView>
    </div>
  );
}
