/** A page's saved views: open one, name what is shown now, copy it as a link, forget one. */
import { Bookmark, X } from "lucide-react";
import { Popover } from "radix-ui";
import { type FormEvent, useId, useState } from "react";
import { Link, useLocation } from "react-router";
import { MOST_VIEWS, type SavedView, shortName, useSavedViews } from "@/lib/saved-views";
import { showToast } from "./toast-store";
import "./saved-views.css";

const FULL = `${MOST_VIEWS} views are kept, the most there can be: forget one first.`;

export function SavedViewsMenu({ page }: { page: string }) {
  const { pathname, search } = useLocation();
  const { views, save, remove } = useSavedViews(page);
  const [name, setName] = useState("");
  const now = search.replace(/^\?/, "");
  const taken = views.find((view) => view.name === shortName(name));
  const full = !taken && views.length >= MOST_VIEWS;
  const note = useId();

  function onSubmit(event: FormEvent) {
    event.preventDefault();
    if (!save(name, now)) return;
    setName("");
    if (taken) showToast(`The view ${taken.name} is replaced.`, { undo: () => putBack(taken) });
  }
  function putBack(view: SavedView) {
    if (save(view.name, view.search)) return;
    showToast(`The view ${view.name} cannot be put back. ${FULL}`, { tone: "problem" });
  }

  return (
    <Popover.Root>
      <Popover.Trigger className="button">
        <Bookmark aria-hidden="true" size={15} /> Views{views.length > 0 && ` (${views.length})`}
      </Popover.Trigger>
      <Popover.Content className="popover saved-views" align="end" sideOffset={6} aria-label="Saved views">
        {views.length === 0 && <p className="muted">No view is saved on this page yet.</p>}
        <ul>
          {views.map((view) => (
            <li key={view.name} className="saved-view">
              <Popover.Close asChild>
                <Link
                  to={{ pathname, search: view.search }}
                  aria-current={view.search === now ? "true" : undefined}
                  className="break"
                >
                  {view.name}
                </Link>
              </Popover.Close>
              <button
                type="button"
                className="button button-small button-plain"
                aria-label={`Forget the view ${view.name}`}
                onClick={() => {
                  remove(view.name);
                  showToast(`The view ${view.name} is forgotten.`, {
                    undo: () => putBack(view),
                  });
                }}
              >
                <X aria-hidden="true" size={14} />
              </button>
            </li>
          ))}
        </ul>
        <form className="row" onSubmit={onSubmit}>
          <input
            className="control saved-view-name"
            aria-label="Name of this view"
            placeholder="Name this view"
            maxLength={60}
            value={name}
            aria-describedby={note}
            onChange={(event) => setName(event.target.value)}
          />
          <button type="submit" className="button" disabled={!name.trim() || full}>
            {taken ? "Replace" : "Save"}
          </button>
        </form>
        <p id={note} role="status" className="muted small">
          {full ? FULL : taken && "This name is taken: its view is replaced by what is shown now."}
        </p>
        <button type="button" className="button button-small" onClick={() => void copyLink()}>
          Copy a link to what is shown
        </button>
      </Popover.Content>
    </Popover.Root>
  );
}

async function copyLink(): Promise<void> {
  const { href } = globalThis.location;
  try {
    await navigator.clipboard.writeText(href);
    showToast("The link is copied.");
  } catch {
    // Only a page served over TLS or from this machine may write there.
    showToast(`The browser does not let Canopy copy; the link is the address: ${href}`, { tone: "problem" });
  }
}
