/** Finds a service by typing: the cards follow, Enter opens the first, the arrow goes into the cards. */
import { type KeyboardEvent, useId, useRef } from "react";
import { useNavigate } from "react-router";
import { useDraft } from "@/components/ui/use-draft";
import type { OverviewService } from "@/lib/api/types";
import { useShortcuts } from "@/lib/keys";
import { servicePath } from "@/lib/paths";

interface ServiceSearchProps {
  value: string;
  matches: readonly OverviewService[];
  onChange: (text: string) => void;
}

export function ServiceSearch({ value, matches, onChange }: ServiceSearchProps) {
  const input = useRef<HTMLInputElement>(null);
  const hint = useId();
  const navigate = useNavigate();
  const { draft, setDraft, focus } = useDraft(value);
  useShortcuts("Services", [
    { keys: "/", does: "Find a service", run: () => input.current?.focus(), keyOnly: true },
  ]);

  function search(text: string) {
    setDraft(text);
    onChange(text);
  }

  function onKeyDown(event: KeyboardEvent) {
    const first = matches[0];
    if (event.key === "Enter" && first && draft) void navigate(servicePath(first.service));
    if (event.key === "Escape") search("");
    if (event.key === "ArrowDown") {
      event.preventDefault();
      document.querySelector<HTMLElement>(".service-card a")?.focus();
    }
  }

  return (
    <div className="service-search">
      <input
        ref={input}
        className="control"
        type="search"
        aria-label="Find a service"
        aria-describedby={hint}
        placeholder="Find a service"
        value={draft}
        onChange={(event) => search(event.target.value)}
        {...focus}
        onKeyDown={onKeyDown}
      />
      <kbd>/</kbd>
      <span id={hint} className="visually-hidden">
        Enter opens the first match, arrow down goes to the services, slash comes back here
      </span>
    </div>
  );
}
