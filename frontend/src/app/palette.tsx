/** Ctrl-K: services, incidents and everything that can be done, found by typing. Loaded when first opened. */
import { useQuery } from "@tanstack/react-query";
import { Command } from "cmdk";
import { type ReactNode, useDeferredValue, useState } from "react";
import { useNavigate } from "react-router";
import { Keys } from "@/components/ui/keys";
import { Modal } from "@/components/ui/modal";
import { SeverityTag, StatusTag } from "@/components/ui/tags";
import { incidentsQuery, NOT_RESOLVED, servicesQuery } from "@/lib/api/queries";
import { type Shortcut, useRegisteredShortcuts } from "@/lib/keys";
import { incidentPath, incidentsPath, logsPath, servicePath } from "@/lib/paths";
import { PartBoundary } from "./boundaries";
import { best, incidentNumber, wordsOf } from "./palette-items";
import { settingActions } from "./setting-actions";
import "./palette.css";

const SERVICES_SHOWN = 8;
const INCIDENTS_SHOWN = 6;
const ACTIONS_SHOWN = 12;

export default function Palette({ onClose }: { onClose: () => void }) {
  const [text, setText] = useState("");
  // Found in the same step as the key press: Command then selects the first of what is found.
  const wanted = text.trim();
  const navigate = useNavigate();
  const go = (path: string) => {
    onClose();
    void navigate(path);
  };
  const run = (action: Pick<Shortcut, "run">) => {
    onClose();
    // After the dialog has given the focus back: what runs may move it.
    setTimeout(action.run);
  };
  return (
    <Modal label="Commands" className="palette" onClose={onClose}>
      <Command label="Commands" shouldFilter={false} loop>
        <Command.Input
          data-autofocus
          placeholder="Find a service, an incident, an action"
          value={text}
          onValueChange={setText}
        />
        <Command.List>
          <Command.Empty className="palette-empty">Nothing fits.</Command.Empty>
          {/* What comes from the server comes last: it must not push aside what Enter is about to take. */}
          {!wanted && <Part what="Incidents" finds={<Incidents text="" go={go} />} />}
          <Part what="Services" finds={<Services text={wanted} go={go} />} />
          <Actions text={wanted} run={run} />
          {wanted && <Part what="Incidents" finds={<Incidents text={wanted} go={go} />} />}
        </Command.List>
      </Command>
    </Modal>
  );
}

/** The others are found all the same. */
function Part({ what, finds }: { what: string; finds: ReactNode }) {
  const unread = () => (
    <p className="palette-empty">
      {what} cannot be listed: the server's answer has another shape than this screen knows.
    </p>
  );
  return <PartBoundary fallback={unread}>{finds}</PartBoundary>;
}

interface Finds {
  text: string;
  go: (path: string) => void;
}

function Item({ value, onSelect, children }: { value: string; onSelect: () => void; children: ReactNode }) {
  return (
    <Command.Item value={value} onSelect={onSelect}>
      {children}
    </Command.Item>
  );
}

function Services({ text, go }: Finds) {
  const { data = [] } = useQuery(servicesQuery);
  const found = best(data, (name) => name, text, SERVICES_SHOWN);
  const first = text ? found[0] : undefined;
  if (!found.length) return null;
  return (
    <Command.Group
      heading={data.length > found.length ? `Services (${found.length} of ${data.length})` : "Services"}
    >
      {found.map((name) => (
        <Item key={name} value={`service ${name}`} onSelect={() => go(servicePath(name))}>
          <bdi className="palette-name">{name}</bdi>
        </Item>
      ))}
      {first && (
        <>
          <Item value="logs of the first" onSelect={() => go(logsPath(first))}>
            Logs of <bdi className="palette-name">{first}</bdi>
          </Item>
          <Item value="incidents of the first" onSelect={() => go(incidentsPath({ service: first }))}>
            Incidents of <bdi className="palette-name">{first}</bdi>
          </Item>
          <Item
            value="backtest of the first"
            onSelect={() => go(`/models/backtest?${new URLSearchParams({ service: first })}`)}
          >
            Backtest of <bdi className="palette-name">{first}</bdi>
          </Item>
        </>
      )}
    </Command.Group>
  );
}

function Incidents({ text: typed, go }: Finds) {
  const text = useDeferredValue(typed);
  const filters = text
    ? { q: text, sort: "urgency", limit: INCIDENTS_SHOWN }
    : { status: NOT_RESOLVED, sort: "urgency", limit: INCIDENTS_SHOWN };
  const { data, error, isPlaceholderData } = useQuery(incidentsQuery(filters));
  const number = incidentNumber(text);
  // The answer to what was typed before is none to what is typed now.
  const items = isPlaceholderData ? [] : (data?.items ?? []);
  if (error) return <p className="palette-empty">Incidents could not be searched: {error.message}</p>;
  if (!items.length && number === null) return null;
  return (
    <Command.Group heading="Incidents">
      {number !== null && (
        <Item value={`incident number ${number}`} onSelect={() => go(incidentPath(number))}>
          Go to incident #{number}
        </Item>
      )}
      {items.map((incident) => (
        <Item
          key={incident.id}
          value={`incident ${incident.id}`}
          onSelect={() => go(incidentPath(incident.id))}
        >
          <SeverityTag severity={incident.severity} />
          <bdi className="palette-name">{incident.title}</bdi>
          <StatusTag status={incident.status} />
        </Item>
      ))}
    </Command.Group>
  );
}

function Actions({ text, run }: { text: string; run: (action: Pick<Shortcut, "run">) => void }) {
  const groups = useRegisteredShortcuts();
  const offered = groups
    .toReversed()
    .flatMap((group) => group.shortcuts)
    .filter((shortcut) => !shortcut.keyOnly);
  const found = best([...offered, ...settingActions()], ({ does }) => does, text, ACTIONS_SHOWN);
  if (!found.length) return null;
  return (
    <Command.Group heading={wordsOf(text).length ? "Actions" : "Actions here"}>
      {found.map((action) => (
        <Item key={action.does} value={`action ${action.does}`} onSelect={() => run(action)}>
          <span className="palette-name">{action.does}</span>
          {action.keys && <Keys keys={action.keys} />}
        </Item>
      ))}
    </Command.Group>
  );
}
