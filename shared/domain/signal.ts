import * as z from "zod";
import { Instant } from "./instant.ts";

/** `measure` of a series decides its unit: price in pence per kWh incl. VAT, carbon in grams CO2 per kWh. */
export const Measure = z.enum(["price", "carbon"]);
export type Measure = z.infer<typeof Measure>;

/** How sure a value is: a settled or published fact, or the source's forecast. */
export const SlotKind = z.enum(["actual", "forecast"]);

/** One value over a half-open interval [startsAt, endsAt). No fixed step: readers go by interval, never by count. */
export const Slot = z
  .strictObject({ startsAt: Instant, endsAt: Instant, value: z.number().finite(), kind: SlotKind, issuedAt: Instant })
  .refine((slot) => slot.startsAt < slot.endsAt, "a slot ends after it starts");
export type Slot = z.infer<typeof Slot>;

/** Names a series: source, then region, e.g. `octopus-agile#C`. */
export type SeriesId = `${string}#${string}`;

export function seriesId(source: string, region: string): SeriesId {
  return `${source}#${region}`;
}

/** Slots sorted by start. Throws when two overlap: a source that does so is misread. */
export function sortedSlots(slots: Slot[]): Slot[] {
  const sorted = [...slots].sort((a, b) => (a.startsAt < b.startsAt ? -1 : 1));
  for (let i = 1; i < sorted.length; i++) {
    const [before, after] = [sorted[i - 1], sorted[i]];
    if (before && after && after.startsAt < before.endsAt) {
      throw new RangeError(`slots overlap: ${before.startsAt}–${before.endsAt} and ${after.startsAt}–${after.endsAt}`);
    }
  }
  return sorted;
}
