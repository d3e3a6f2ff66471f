/** A dialog over the page, the browser's own: it holds the focus, gives it back, and Escape closes it. */
import { type ReactNode, useLayoutEffect, useRef } from "react";
import { noteModal } from "./top-modal";
import "./modal.css";

interface ModalProps {
  /** Its name for screen readers. */
  label: string;
  onClose: () => void;
  className?: string;
  children: ReactNode;
}

/** Open for as long as it is shown. What has `data-autofocus` gets the focus, else the first that can. */
export function Modal({ label, onClose, className = "", children }: ModalProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const element = dialog.current;
    if (!element) return;
    element.showModal();
    element.querySelector<HTMLElement>("[data-autofocus]")?.focus();
    const forget = noteModal(element);
    // Closed before it is taken away, so that the browser gives the focus back.
    return () => {
      forget();
      element.close();
    };
  }, []);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape does by keyboard what a click beside it does
    <dialog
      ref={dialog}
      className={`modal ${className}`}
      aria-label={label}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => event.target === dialog.current && onClose()}
    >
      <div className="modal-body">{children}</div>
    </dialog>
  );
}
