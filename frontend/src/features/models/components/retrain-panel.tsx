/** Starts a retrain and shows how it goes: done, total, and each pair left out with its reason. */
import { useQuery } from "@tanstack/react-query";
import { JobProgress } from "@/components/job-progress";
import { ErrorState, Skeleton } from "@/components/ui/states";
import { ApiError } from "@/lib/api/client";
import type { PairProblem, RetrainJob } from "@/lib/api/types";
import { useNow } from "@/lib/clock";
import { formatCount } from "@/lib/format";
import { useMetricTitles } from "@/lib/metric-titles";
import { realRetrainQuery, retrainQuery, useCancelRetrain, useRetrain } from "../queries";
import { describeJob, describeSeasons, isBackground, TRIGGERS } from "../view-model";
import "./retrain-panel.css";

const CONFLICT = 409;
/** More than anyone reads at once; the list of pairs has the rest. */
const NAMED = 50;

export function RetrainPanel() {
  const newest = useQuery(retrainQuery);
  const background = newest.data && isBackground(newest.data) ? newest.data : null;
  const real = useQuery({ ...realRetrainQuery, enabled: background !== null });
  const query = background ? real : newest;
  const retrain = useRetrain();
  const running = newest.data?.state === "running";
  return (
    <section className="retrain" aria-label="Retrain">
      <div className="row row-spread">
        <h2>Retrain</h2>
        <button
          type="button"
          className="button button-primary"
          disabled={retrain.isPending || running}
          onClick={() => retrain.mutate({})}
        >
          {running ? (background ? "Reading earlier weeks" : "Retraining") : "Retrain all models"}
        </button>
      </div>
      {retrain.error && <RetrainRefused error={retrain.error} />}
      {query.data ? (
        <Job key={query.data.id} job={query.data} describe={describeJob} />
      ) : query.error ? (
        <ErrorState
          title="The last retrain could not be loaded"
          error={query.error}
          onRetry={() => void query.refetch()}
        />
      ) : query.isPending ? (
        <Skeleton height={24} label="Loading the last retrain" />
      ) : (
        <p className="muted">Nothing was retrained since Canopy started. Models keep serving meanwhile.</p>
      )}
      {background && <Job key={background.id} job={background} describe={describeSeasons} />}
    </section>
  );
}

function RetrainRefused({ error }: { error: Error }) {
  const conflict = error instanceof ApiError && error.status === CONFLICT;
  return (
    <p className="retrain-refused" role="alert">
      <strong>{conflict ? "A retrain is already running." : "The retrain did not start."}</strong>{" "}
      {error.message}
    </p>
  );
}

interface JobProps {
  job: RetrainJob;
  describe: (job: RetrainJob, now: number) => string;
}

function Job({ job, describe }: JobProps) {
  const text = describe(job, useNow());
  const cancel = useCancelRetrain();
  const words = `${TRIGGERS[job.trigger]}: `;
  return (
    <>
      {job.state === "running" ? (
        <JobProgress
          label="Pairs done"
          done={job.done}
          total={job.total}
          text={words + text}
          onCancel={() => cancel.mutate(job.id)}
          cancelling={cancel.isPending || cancel.isSuccess}
        />
      ) : (
        <p>
          <span className="muted">{words}</span>
          {text}
        </p>
      )}
      {job.detail && !isBackground(job) && <p className="muted break">{job.detail}</p>}
      <Problems title="Failed" problems={job.failed} open />
      <Problems title="Held back, the present models stay" problems={job.held_back} open />
      <Problems title="Skipped" problems={job.skipped} />
    </>
  );
}

interface ProblemsProps {
  title: string;
  problems: PairProblem[];
  open?: boolean;
}

function Problems({ title, problems, open = false }: ProblemsProps) {
  const titles = useMetricTitles();
  if (problems.length === 0) return null;
  return (
    <details className="retrain-problems" open={open}>
      <summary>
        {title}: {formatCount(problems.length)}
      </summary>
      <ul>
        {problems.slice(0, NAMED).map(({ service, metric, reason }) => (
          <li key={`${service}\n${metric}`}>
            <strong>
              {titles.get(metric) ?? metric} on <bdi>{service}</bdi>
            </strong>
            : {reason}
          </li>
        ))}
        {problems.length > NAMED && <li>and {formatCount(problems.length - NAMED)} more</li>}
      </ul>
    </details>
  );
}
