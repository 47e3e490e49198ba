import type { Instant } from "../../shared/domain/instant.ts";
import type { Measure, SeriesId, Slot } from "../../shared/domain/signal.ts";

/** A half-open stretch of time. */
export type Span = { from: Instant; to: Instant };

/** A point of a feed that could not be used, and why. */
export type DroppedPoint = { at: string; reason: string };

/** What one answer of a feed is worth. */
export type Batch = { slots: Slot[]; dropped: DroppedPoint[] };

/** One series at its vendor. */
export type SignalSource = {
  series: SeriesId;
  measure: Measure;
  /** Whose calendar days the feed is complete by. */
  dayZone: string;
  /** From this local hour on, tomorrow must be known; absent for a feed that has no publication hour. */
  tomorrowDueBy?: { zone: string; hour: number };
  /** Slots inside `span`, stamped `issuedAt`. Throws a VendorError when the answer is of no use at all. */
  fetchSlots(span: Span, issuedAt: Instant): Promise<Batch>;
};
