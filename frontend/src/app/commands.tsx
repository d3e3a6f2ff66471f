/** Ctrl-K and `?`: the buttons and keys that open them, and the keys that work on every page. */
import { Keyboard, Search } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useNavigate } from "react-router";
import { Keys } from "@/components/ui/keys";
import { Modal } from "@/components/ui/modal";
import { useShortcuts } from "@/lib/keys";
import { useLoadWhenIdle } from "@/lib/load-when-idle";
import { NotShown, PartBoundary } from "./boundaries";

const loadPalette = () => import("./palette");
const Palette = lazy(loadPalette);
const KeysHelp = lazy(() => import("./keys-help"));

export function Commands() {
  const [open, setOpen] = useState<"palette" | "keys" | null>(null);
  const navigate = useNavigate();
  const close = () => setOpen(null);
  useLoadWhenIdle(loadPalette);
  const page = (keys: string, does: string, path: string) => ({
    keys,
    does,
    run: () => {
      close();
      void navigate(path);
    },
  });
  useShortcuts("On every page", [
    { keys: "$mod+k", does: "Find and do anything", run: () => setOpen("palette"), keyOnly: true },
    { keys: "?", does: "List the keys", run: () => setOpen("keys") },
    page("g n", "Go to Now", "/"),
    page("g i", "Go to Incidents", "/incidents"),
    page("g l", "Go to Logs", "/logs"),
    page("g m", "Go to Models", "/models"),
    page("g b", "Go to Backtest", "/models/backtest"),
  ]);
  return (
    <>
      <button
        type="button"
        className="button shell-search"
        title="Find a service, an incident, an action"
        aria-keyshortcuts="Control+K"
        onClick={() => setOpen("palette")}
      >
        <Search aria-hidden="true" size={15} />
        <span className="shell-search-word">Find or do</span>
        <span aria-hidden="true">
          <span aria-hidden="true">
            <Keys keys="$mod+k" />
          </span>
        </span>
      </button>
      <button
        type="button"
        className="button button-plain shell-keys"
        aria-label="List the keys"
        title="Keys (?)"
        onClick={() => setOpen("keys")}
      >
        <Keyboard aria-hidden="true" size={17} />
      </button>
      <PartBoundary
        key={open}
        fallback={(error) => (
          <Modal label="Not shown" onClose={close}>
            <NotShown what={open === "keys" ? "The list of keys" : "The commands"} error={error} />
          </Modal>
        )}
      >
        <Suspense>
          {open === "palette" && <Palette onClose={close} />}
          {open === "keys" && <KeysHelp onClose={close} />}
        </Suspense>
      </PartBoundary>
    </>
  );
}
