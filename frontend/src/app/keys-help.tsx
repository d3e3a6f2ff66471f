/** `?`: every key the page shown answers to, and the switch for those of a single character. */
import { useId } from "react";
import { Keys } from "@/components/ui/keys";
import { Modal } from "@/components/ui/modal";
import { notificationState } from "@/lib/announce";
import { useRegisteredShortcuts } from "@/lib/keys";
import { setPreferences, usePreferences } from "@/lib/preferences";
import { switchNotifications } from "./setting-actions";
import "./keys-help.css";

export default function KeysHelp({ onClose }: { onClose: () => void }) {
  const groups = useRegisteredShortcuts();
  const { keys, notify } = usePreferences();
  const [keysId, notifyId] = [useId(), useId()];
  return (
    <Modal label="Keys" onClose={onClose}>
      <div className="row row-spread">
        <h2>Keys</h2>
        <button type="button" className="button button-small" onClick={onClose}>
          Close <kbd>Esc</kbd>
        </button>
      </div>
      {groups.map((group) => (
        <section key={group.title} className="section">
          <h3>{group.title}</h3>
          <dl className="keys-list">
            {group.shortcuts.map((shortcut) => (
              <div key={shortcut.keys}>
                <dt>{shortcut.does}</dt>
                <dd>
                  <Keys keys={shortcut.keys} />
                </dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
      <div className="section keys-choices">
        <label htmlFor={keysId}>
          <input
            id={keysId}
            type="checkbox"
            checked={keys}
            onChange={(event) => setPreferences({ keys: event.target.checked })}
          />{" "}
          Keys of a single character work (Ctrl K always does)
        </label>
        <label htmlFor={notifyId}>
          <input
            id={notifyId}
            type="checkbox"
            checked={notify}
            disabled={notificationState() === "unsupported"}
            onChange={(event) => void switchNotifications(event.target.checked)}
          />{" "}
          Notify me of new incidents and finished work while this tab is hidden
        </label>
      </div>
    </Modal>
  );
}
