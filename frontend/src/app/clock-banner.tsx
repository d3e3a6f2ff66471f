/** Says when this computer's clock and the server's tell different times, and which one the page goes by. */
import { useClockLead } from "@/lib/clock";
import { formatDuration } from "@/lib/format";

export function ClockBanner() {
  const lead = useClockLead();
  if (!lead) return null;
  return (
    <div className="banner banner-degraded" role="status">
      This computer's clock is {formatDuration(Math.abs(lead))} {lead > 0 ? "ahead of" : "behind"} the
      server's. Ages here are counted by the server's clock.
    </div>
  );
}
