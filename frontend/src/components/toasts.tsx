/** Shows the toasts in a corner, read out politely; they wait while someone is at them. */
import { X } from "lucide-react";
import { useEffect, useLayoutEffect, useRef, useState } from "react";
import { createPortal } from "react-dom";
import { useKeptFocus } from "@/lib/kept-focus";
import { useShortcuts } from "@/lib/keys";
import { dismissToast, type Toast, undoNewest, useToasts } from "./toast-store";
import { useTopModal } from "./ui/top-modal";
import "./toasts.css";

const STANDS_MS = 10_000;
/** Problems stay until they are put away: a message missed is worse than one in the way. */
const stands = (toast: Toast) => (toast.tone === "problem" ? null : STANDS_MS);

export function Toasts() {
  const toasts = useToasts();
  const [held, setHeld] = useState(false);
  const undoable = toasts.some((toast) => toast.undo);
  useShortcuts("What was just done", undoable ? [{ keys: "u", does: "Undo", run: () => undoNewest() }] : []);
  const section = useRef<HTMLElement>(null);
  const cameFrom = useRef<Element | null>(null);
  const kept = useKeptFocus(() => {
    setHeld(false);
    goBack(cameFrom.current);
  });
  const { home, box } = useWithinReach();
  const shown = (
    <section
      ref={section}
      className="toasts"
      aria-label="Messages"
      aria-live="polite"
      onPointerEnter={() => setHeld(true)}
      onPointerLeave={() => setHeld(false)}
      onFocus={(event) => {
        kept.onFocus(event);
        setHeld(true);
        if (!section.current?.contains(event.relatedTarget)) cameFrom.current = event.relatedTarget;
      }}
      onBlur={(event) => {
        kept.onBlur(event);
        setHeld(false);
      }}
    >
      {toasts.map((toast) => (
        <ToastLine key={toast.id} toast={toast} held={held} />
      ))}
    </section>
  );
  return (
    <>
      <div ref={home} />
      {createPortal(shown, box)}
    </>
  );
}

/**
 * A box that stands in the open dialog, and `home` while there is none: beside a dialog the messages would lie
 * beneath it, unread and beyond reach. It is moved as it is, so that none is read out again.
 */
function useWithinReach() {
  const modal = useTopModal();
  const home = useRef<HTMLDivElement>(null);
  const [box] = useState(() => document.createElement("div"));
  useLayoutEffect(() => {
    (modal ?? home.current)?.append(box);
  }, [modal, box]);
  return { home, box };
}

/** To where the focus was before it came to a message; to the page where that is gone. What is read stays in view. */
function goBack(to: Element | null): void {
  if (to instanceof HTMLElement && to.isConnected) to.focus({ preventScroll: true });
  else document.querySelector("main")?.focus({ preventScroll: true });
}

function ToastLine({ toast, held }: { toast: Toast; held: boolean }) {
  const { id, text, tone, undo } = toast;
  const wait = stands(toast);
  useEffect(() => {
    if (held || wait === null) return;
    const timer = setTimeout(() => dismissToast(id), wait);
    return () => clearTimeout(timer);
  }, [id, held, wait]);
  return (
    <div className={`toast toast-${tone}`} role={tone === "problem" ? "alert" : undefined}>
      <span className="toast-text">{text}</span>
      {undo && (
        <button
          type="button"
          className="button button-small"
          onClick={() => {
            dismissToast(id);
            undo();
          }}
        >
          Undo <kbd>U</kbd>
        </button>
      )}
      <button
        type="button"
        className="button button-small button-plain"
        aria-label="Put the message away"
        onClick={() => dismissToast(id)}
      >
        <X aria-hidden="true" size={15} />
      </button>
    </div>
  );
}
