/** What a sensitivity would have done: alerts by day beside the present ones, and the incidents that differ. */
import { SeverityTag } from "@/components/ui/tags";
import { AbsoluteTime } from "@/components/ui/time";
import type { SensitivityPreview } from "@/lib/api/types";
import { formatCount, plural } from "@/lib/format";
import { CHANGES, previewText } from "../view-model";

export function Preview({ preview }: { preview: SensitivityPreview }) {
  return (
    <div className="section">
      <p role="status">
        <strong>{previewText(preview)}</strong>{" "}
        <span className="muted">
          From {formatCount(preview.judged)} stored scores of {plural(preview.pairs, "pair")}
          {preview.shortened && ", the newest days alone: there are too many for all"}.
        </span>
      </p>
      {preview.days.length > 0 && <Days days={preview.days} />}
      {preview.incidents.length > 0 && <Incidents preview={preview} />}
    </div>
  );
}

/** A table whose cells are bars: read by eyes and by screen readers alike. */
function Days({ days }: Pick<SensitivityPreview, "days">) {
  const most = Math.max(1, ...days.flatMap((day) => [day.present, day.asked]));
  return (
    <table className="preview-days">
      <thead>
        <tr>
          <th scope="col">Day (UTC)</th>
          <th scope="col">Incidents now</th>
          <th scope="col">With this</th>
        </tr>
      </thead>
      <tbody>
        {days.map((day) => (
          <tr key={day.day}>
            <th scope="row">{day.day}</th>
            <td>
              <Bar count={day.present} most={most} tone="now" />
            </td>
            <td>
              <Bar count={day.asked} most={most} tone="asked" />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Bar({ count, most, tone }: { count: number; most: number; tone: "now" | "asked" }) {
  return (
    <span className="preview-bar">
      <span
        className={`preview-fill preview-fill-${tone}`}
        style={{ inlineSize: `${(100 * count) / most}%` }}
        aria-hidden="true"
      />
      <span>{formatCount(count)}</span>
    </span>
  );
}

function Incidents({ preview }: { preview: SensitivityPreview }) {
  const rest = preview.incidents_total - preview.incidents.length;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard
    <section className="preview-incidents" aria-label="Incidents in these days" tabIndex={0}>
      <ul>
        {preview.incidents.map((incident) => {
          const { glyph, word } = CHANGES[incident.change];
          return (
            <li
              key={`${incident.service}\n${incident.start}\n${incident.change}`}
              className="preview-incident"
            >
              <span className={`preview-change preview-${incident.change}`}>
                <span aria-hidden="true">{glyph}</span> {word}
              </span>
              <SeverityTag severity={incident.severity} />
              <span className="break">
                {incident.title}{" "}
                <span className="muted small">
                  <AbsoluteTime at={incident.start} />
                </span>
              </span>
            </li>
          );
        })}
      </ul>
      {rest > 0 && <p className="small muted">and {formatCount(rest)} more</p>}
    </section>
  );
}
