import * as z from "zod";
import { LocalTime } from "./instant.ts";

/** Incl. VAT, as the customer pays it. */
const PencePerKwh = z.number().min(0).max(200);

/** From one wall-clock time of the site to another, past midnight when `to` is the earlier; `to` itself is outside. */
const Rate = z.strictObject({ from: LocalTime, to: LocalTime, pencePerKwh: PencePerKwh });
export type Rate = z.infer<typeof Rate>;

const TimeOfUse = z.strictObject({
  kind: z.literal("time-of-use"),
  rates: z
    .array(Rate)
    .min(1, "names no rate; a price that never changes is a flat tariff")
    .max(48, "names more than 48 rates")
    .superRefine((rates, context) => {
      for (const { index, what } of flaws(rates)) context.addIssue({ code: "custom", path: [index], message: what });
    }),
  /** At all other times. */
  otherwisePencePerKwh: PencePerKwh,
});

/** What a site pays for a kWh from the grid. */
export const Tariff = z.discriminatedUnion(
  "kind",
  [
    /** Half-hourly prices of Octopus Agile in the site's region. */
    z.strictObject({ kind: z.literal("agile") }),
    z.strictObject({ kind: z.literal("flat"), pencePerKwh: PencePerKwh }),
    TimeOfUse,
  ],
  { error: "expected one of: agile, flat, time-of-use" },
);
export type Tariff = z.infer<typeof Tariff>;

/** Minutes from midnight to `HH:MM` by a clock that runs evenly. */
export function minuteOfDay(time: z.infer<typeof LocalTime>): number {
  return 60 * Number(time.slice(0, 2)) + Number(time.slice(3));
}

/** Does the rate hold at that minute of the day? */
export function holdsAt({ from, to }: Pick<Rate, "from" | "to">, minute: number): boolean {
  const [first, end] = [minuteOfDay(from), minuteOfDay(to)];
  return first < end ? first <= minute && minute < end : minute >= first || minute < end;
}

function flaws(rates: readonly Rate[]): { index: number; what: string }[] {
  return rates.flatMap((rate, index) => {
    if (isEmpty(rate)) return [{ index, what: "ends when it begins; leave it out, or make the tariff flat" }];
    const other = rates.slice(0, index).findIndex((one) => !isEmpty(one) && overlap(one, rate));
    return other < 0 ? [] : [{ index, what: `overlaps rates.${other}, ${rates[other]?.from} to ${rates[other]?.to}` }];
  });
}

function isEmpty({ from, to }: Rate): boolean {
  return from === to;
}

/** Two stretches of the daily circle overlap just when one holds where the other begins. */
function overlap(a: Rate, b: Rate): boolean {
  return holdsAt(a, minuteOfDay(b.from)) || holdsAt(b, minuteOfDay(a.from));
}
