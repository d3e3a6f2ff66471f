/** Retraining from anywhere: the panel of the Models page behind a button of the shell. */
import { useQuery } from "@tanstack/react-query";
import { RefreshCw } from "lucide-react";
import { Popover } from "radix-ui";
import { RetrainPanel } from "@/features/models/components/retrain-panel";
import { retrainQuery } from "@/features/models/queries";
import { isBackground } from "@/features/models/view-model";

export function RetrainMenu() {
  const { data: job } = useQuery(retrainQuery);
  const running = job?.state === "running" && !isBackground(job);
  return (
    <Popover.Root>
      <Popover.Trigger className="button shell-retrain">
        <RefreshCw aria-hidden="true" size={15} className={running ? "turning" : undefined} />
        <span className="shell-retrain-word">
          {running ? `Retraining ${job.done}/${job.total}` : "Retrain"}
        </span>
      </Popover.Trigger>
      <Popover.Content className="popover" align="end" sideOffset={6} aria-label="Retrain the models">
        <RetrainPanel />
      </Popover.Content>
    </Popover.Root>
  );
}
