import type { NewEvent } from "../../shared/domain/events.ts";
import type { Instant } from "../../shared/domain/instant.ts";
import type { Slot } from "../../shared/domain/signal.ts";
import { changes, signalUpdated } from "./changes.ts";
import { checkDay, type DayFinding, daysToCheck } from "./check-day.ts";
import { lastOfEachStart } from "./half-hours.ts";
import type { Batch, SignalSource, Span } from "./source.ts";

/** What one feed's answer leads to. */
type Decision = {
  /** Slots to write. */
  write: Slot[];
  /** What will be stored of the days asked for and the one before. */
  after: Slot[];
  /** What to tell the bus, if anything. */
  event: NewEvent | undefined;
  findings: (DayFinding & { day: string })[];
};

/** `stored` should reach a day further back than `span`, so that each day can be compared with the one before. */
export function decision(
  source: Omit<SignalSource, "fetchSlots">,
  { batch, stored, span, now }: { batch: Batch; stored: readonly Slot[]; span: Span; now: Instant },
): Decision {
  const changed = changes(stored, batch.slots);
  const write = changed.map(({ slot }) => slot);
  const after = lastOfEachStart([...stored, ...write]);
  return {
    write,
    after,
    event: signalUpdated(source, changed, now),
    findings: daysToCheck(source, changed, span, now).flatMap((day) =>
      checkDay({ day, zone: source.dayZone, measure: source.measure }, after).map((finding) => ({ day, ...finding })),
    ),
  };
}
