/** Says what of a link's filters is not in force, so that nobody takes more for less. */
export function LeftOutNote({ what }: { what: readonly string[] }) {
  if (what.length === 0) return null;
  return (
    <p className="muted small break">
      Left out, as this page knows no such filter value: <bdi>{what.join(", ")}</bdi>
    </p>
  );
}
