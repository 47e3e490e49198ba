import { Temporal } from "temporal-polyfill";
import { round } from "../../shared/domain/units.ts";
import { seededRandom } from "../random.ts";
import { type FeedPoint, HALF_HOUR_MS } from "./points.ts";

type DayPoints = { prices: FeedPoint[]; carbon: FeedPoint[] };

/**
 * Half-hours of made-up but believable days for [fromMs, toMs), the same for the same seed and date: Agile-like prices
 * with an evening peak and cheap, sometimes negative, windy nights, and carbon that follows demand and wind.
 */
export function generatedSpan(options: { seed: number; fromMs: number; toMs: number; zone: string }): DayPoints {
  const { fromMs, toMs, zone } = options;
  const points: DayPoints = { prices: [], carbon: [] };
  let date = Temporal.Instant.fromEpochMilliseconds(fromMs).toZonedDateTimeISO(zone).toPlainDate();
  while (date.toZonedDateTime(zone).epochMilliseconds < toMs) {
    const day = generatedDay({ ...options, date: date.toString() });
    points.prices.push(...day.prices);
    points.carbon.push(...day.carbon);
    date = date.add({ days: 1 });
  }
  const inside = (point: FeedPoint) => point.endsAtMs > fromMs && point.startsAtMs < toMs;
  return { prices: points.prices.filter(inside), carbon: points.carbon.filter(inside) };
}

/** One local day: 46, 48 or 50 half-hours. */
export function generatedDay({ seed, date, zone }: { seed: number; date: string; zone: string }): DayPoints {
  const day = Temporal.PlainDate.from(date);
  const startMs = day.toZonedDateTime(zone).epochMilliseconds;
  const endMs = day.add({ days: 1 }).toZonedDateTime(zone).epochMilliseconds;
  const noise = randomOf(`${seed}|${date}`);
  const points: DayPoints = { prices: [], carbon: [] };
  for (let ms = startMs; ms < endMs; ms += HALF_HOUR_MS) {
    const local = Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(zone);
    const hour = local.hour + local.minute / 60;
    const demand = demandAt(hour) * (day.dayOfWeek > 5 ? 0.92 : 1);
    const wind = windAt(seed, day, hour);
    const half = { startsAtMs: ms, endsAtMs: ms + HALF_HOUR_MS };
    points.prices.push({ ...half, value: round(priceAt({ hour, demand, wind, noise: noise() }), 2) });
    points.carbon.push({ ...half, value: Math.round(carbonAt({ demand, wind, noise: noise() })) });
  }
  return points;
}

/** Where the generated days are as made; the other regions are up to this much above or below. */
const HOME = { octopus: "C", carbon: "national" } as const;
const REGIONAL_SPREAD = { octopus: 0.1, carbon: 0.6 } as const;

/** Generated points as another region has them: dearer or cleaner throughout, by a share that depends on the region alone. */
export function inRegion(points: readonly FeedPoint[], feed: keyof typeof HOME, region: string): FeedPoint[] {
  if (region === HOME[feed]) return [...points];
  const factor = 1 + REGIONAL_SPREAD[feed] * (2 * randomOf(`${feed}|${region}`)() - 1);
  const digits = feed === "octopus" ? 2 : 0;
  return points.map((point) => ({ ...point, value: round(point.value * factor, digits) }));
}

type Weather = { demand: number; wind: number; noise: number };

/** pence per kWh incl. VAT. Agile's shape: 2.2 times the wholesale price, 12 p more from 16:00 to 19:00, 100 p at most. */
function priceAt({ hour, demand, wind, noise }: Weather & { hour: number }): number {
  const wholesale = 9 * (0.4 + demand) - 11 * wind * wind * (1 - 0.5 * demand) + 2 * (noise - 0.5);
  return Math.min(100, 2.2 * wholesale + (hour >= 16 && hour < 19 ? 12 : 0));
}

/** grams per kWh: gas follows what demand is left after wind. */
function carbonAt({ demand, wind, noise }: Weather): number {
  return Math.max(25, 45 + 215 * (0.35 + 0.65 * demand) * (1 - 0.8 * wind) + 14 * (noise - 0.5));
}

const DEMAND: readonly [hour: number, share: number][] = [
  [0, 0.35],
  [3, 0.2],
  [5.5, 0.3],
  [8, 0.68],
  [11, 0.6],
  [14, 0.52],
  [17.5, 1],
  [20, 0.72],
  [24, 0.35],
];

function demandAt(hour: number): number {
  const next = DEMAND.findIndex(([at]) => at > hour);
  const [fromHour, from] = DEMAND[next - 1] ?? [0, 0];
  const [toHour, to] = DEMAND[next] ?? [24, 0];
  return from + ((to - from) * (hour - fromHour)) / (toHour - fromHour);
}

/** 0 calm to 1 gale, one figure a day at noon and a straight line between: wind does not jump at midnight. */
function windAt(seed: number, day: Temporal.PlainDate, hour: number): number {
  const noonOf = (date: Temporal.PlainDate) => randomOf(`${seed}|wind|${date}`)();
  const share = (hour + 12) / 24;
  return share < 1
    ? noonOf(day.subtract({ days: 1 })) * (1 - share) + noonOf(day) * share
    : noonOf(day) * (2 - share) + noonOf(day.add({ days: 1 })) * (share - 1);
}

/** Numbers in [0, 1) that depend on the text alone (FNV-1a into mulberry32). */
function randomOf(text: string): () => number {
  let state = 0x811c9dc5;
  for (const character of text) state = Math.imul(state ^ character.charCodeAt(0), 0x01000193);
  return seededRandom(state);
}
