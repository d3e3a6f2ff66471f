/** The panel of the Models page beside its button; apart from the button, which each page shows at once. */
import { Popover } from "radix-ui";
import type { ReactElement } from "react";
import { RetrainPanel } from "@/features/models/components/retrain-panel";

export default function RetrainPopover({ button }: { button: ReactElement }) {
  return (
    <Popover.Root defaultOpen>
      <Popover.Trigger asChild>{button}</Popover.Trigger>
      <Popover.Content className="popover" align="end" sideOffset={6} aria-label="Retrain the models">
        <RetrainPanel />
      </Popover.Content>
    </Popover.Root>
  );
}
