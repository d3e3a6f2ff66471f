/** A moment, relative for the feeling and absolute for the record. */
import { useNow } from "@/lib/clock";
import { formatDateTime, formatRelative } from "@/lib/format";
import { usePreferences } from "@/lib/preferences";

export function RelativeTime({ at }: { at: string }) {
  const { zone } = usePreferences();
  return (
    <time dateTime={at} title={formatDateTime(at, zone)}>
      {formatRelative(at, useNow())}
    </time>
  );
}

export function AbsoluteTime({ at }: { at: string }) {
  const { zone } = usePreferences();
  return <time dateTime={at}>{formatDateTime(at, zone)}</time>;
}
