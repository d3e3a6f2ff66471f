/** Retraining from anywhere: the panel of the Models page behind a button of the shell. */
import { useQuery } from "@tanstack/react-query";
import { RefreshCw } from "lucide-react";
import { type ComponentProps, lazy, Suspense, useState } from "react";
import { Link } from "react-router";
import { retrainQuery } from "@/features/models/queries";
import { isBackground } from "@/features/models/view-model";
import { useLoadWhenIdle } from "@/lib/load-when-idle";

const loadPopover = () => import("./retrain-popover");
const RetrainPopover = lazy(loadPopover);

/** What opens and places the panel is fetched after the page; from the first press on it has the button too. */
export function RetrainMenu() {
  const [wanted, setWanted] = useState(false);
  useLoadWhenIdle(loadPopover);
  const button = (
    <RetrainButton aria-haspopup="dialog" aria-expanded={wanted} onClick={() => setWanted(true)} />
  );
  if (!wanted) return button;
  return (
    <Suspense fallback={button}>
      <RetrainPopover button={<RetrainButton />} />
    </Suspense>
  );
}

export function RetrainButton(props: ComponentProps<"button">) {
  const { data: job } = useQuery(retrainQuery);
  const running = job?.state === "running" && !isBackground(job);
  return (
    <button type="button" {...props} className="button shell-retrain">
      <RefreshCw aria-hidden="true" size={15} className={running ? "turning" : undefined} />
      <span className="shell-retrain-word">
        {running ? `Retraining ${job.done}/${job.total}` : "Retrain"}
      </span>
    </button>
  );
}

/** In its place, where that cannot be shown: the Models page has the panel too. */
export function RetrainElsewhere() {
  return (
    <Link to="/models" className="button shell-retrain">
      <RefreshCw aria-hidden="true" size={15} />
      <span className="shell-retrain-word">Retrain</span>
    </Link>
  );
}
