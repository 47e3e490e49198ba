import { epochMs, type Instant, parseInstant } from "../../../shared/domain/instant.ts";
import { MAX_CLOCK_SKEW_MS } from "../../../shared/domain/reading.ts";
import { oddity } from "../../../shared/integration/odd.ts";
import type { MyUplinkPoint } from "./api.ts";

/** A sensor that is not there: the least 16-bit integer, as it is or after scaling. */
const ABSENT = -32768;
const HOUR_MS = 3_600_000;
/** A value within this of the oldest was written when the device started. */
const START_MS = 60_000;

/** Units of a quantity, with how many of it make one of ours, and what can be true of it. A unit that is not here says nothing. */
type Quantity = { units: Record<string, number>; least: number; most: number };
export const TEMPERATURE_C: Quantity = { units: { "°C": 1, C: 1 }, least: -60, most: 120 };
export const POWER_KW: Quantity = { units: { W: 1000, kW: 1 }, least: 0, most: 100 };
export const FREQUENCY_HZ: Quantity = { units: { Hz: 1 }, least: 0, most: 400 };
export const WORD: Quantity = { units: { "": 1 }, least: 0, most: 1000 };

/** Where a quantity is found: by what it means, which holds for every series, or else by the numbers known for some. */
export type Where = { category?: string; ids: readonly string[]; quantity: Quantity };

/**
 * A vendor's time in the platform's form; null when it is none or has no zone. Some objects end in `+0`, which is not ISO.
 */
export function toInstant(text: string): Instant | null {
  const loose = /^(.+T.+)([+-])(\d{1,2})(?::?(\d{2}))?$/.exec(text.trim());
  const iso = loose ? `${loose[1]}${loose[2]}${loose[3]?.padStart(2, "0")}:${loose[4] ?? "00"}` : text.trim();
  try {
    return parseInstant(iso);
  } catch {
    return null;
  }
}

/** A device's points with what they mean at the time of the answer. */
export class Points {
  readonly #points: readonly { point: MyUplinkPoint; at: Instant }[];
  readonly #undated: readonly MyUplinkPoint[];
  readonly #odd = new Set<string>();
  readonly #startedAt: Instant | undefined;
  /** When the device last reported anything it measures; settings change without it. */
  readonly observedAt: Instant | undefined;

  /** With `now`, what is dated ahead of it has no time. */
  constructor(points: readonly MyUplinkPoint[], now?: Instant) {
    const timed = points.map((point) => {
      const at = toInstant(point.timestamp);
      const isAhead = at !== null && now !== undefined && epochMs(at) - epochMs(now) > MAX_CLOCK_SKEW_MS;
      return { point, at: isAhead ? null : at };
    });
    this.#points = timed.flatMap(({ point, at }) => (at === null ? [] : [{ point, at }]));
    this.#undated = timed.flatMap(({ point, at }) => (at === null ? [point] : []));
    const measuredAt = this.#points.flatMap(({ point, at }) => (point.writable ? [] : [at])).sort();
    this.#startedAt = measuredAt[0];
    this.observedAt = measuredAt.at(-1);
  }

  /** What was said of the quantities asked for, and could not be read. */
  get odd(): readonly string[] {
    return [...this.#odd];
  }

  /** The value of a quantity in our unit; null when the device does not have it or did not measure it. */
  value({ category, ids, quantity }: Where): number | null {
    for (const point of this.#undated) {
      const isMeant = category !== undefined && point.smartHomeCategories.includes(category);
      if ((isMeant || ids.includes(point.parameterId)) && point.timestamp !== "")
        this.#odd.add(oddity(`time of ${point.parameterId}`, point.timestamp));
    }
    const meant = this.#points.filter(
      ({ point }) => category !== undefined && point.smartHomeCategories.includes(category),
    );
    const known = meant.length > 0 ? meant : this.#points.filter(({ point }) => ids.includes(point.parameterId));
    const rank = (id: string) => (ids.includes(id) ? ids.indexOf(id) : ids.length);
    // One parameter may come twice, an old beside a new value: of equals the newest.
    const ordered = known.toSorted(
      (a, b) => rank(a.point.parameterId) - rank(b.point.parameterId) || (a.at < b.at ? 1 : a.at > b.at ? -1 : 0),
    );
    for (const { point, at } of ordered) {
      const value = this.#isNeverMeasured(point, at) ? null : this.#valueIn(point, quantity);
      if (value !== null) return value;
    }
    return null;
  }

  /** The first of these settings that the device lets us change. */
  setting(ids: readonly string[]): MyUplinkPoint | undefined {
    return ids
      .flatMap((id) => this.#points.find(({ point }) => point.parameterId === id && point.writable) ?? [])
      .map(({ point }) => point)[0];
  }

  #valueIn(point: MyUplinkPoint, { units, least, most }: Quantity): number | null {
    const unit = point.parameterUnit.trim();
    const perOurs = Object.hasOwn(units, unit) ? units[unit] : undefined;
    const scaled = scaledValue(point);
    if (scaled === null) return null;
    const value = perOurs === undefined ? undefined : scaled / perOurs;
    if (value !== undefined && value >= least && value <= most) return value;
    this.#odd.add(oddity(point.parameterId, `${scaled} ${unit}`));
    return null;
  }

  /** A zero that is as old as the device's start, when others are newer, was never measured. */
  #isNeverMeasured(point: MyUplinkPoint, at: Instant): boolean {
    const { observedAt } = this;
    if (point.value !== 0 || this.#startedAt === undefined || observedAt === undefined) return false;
    const isFromStart = Date.parse(at) - Date.parse(this.#startedAt) <= START_MS;
    return isFromStart && Date.parse(observedAt) - Date.parse(at) > HOUR_MS;
  }
}

/** The value in its unit. It comes scaled as a rule, and raw from some series: the text beside it tells. */
export function scaledValue(point: MyUplinkPoint): number | null {
  const { value } = point;
  if (value === null || value === ABSENT) return null;
  const scale = scaleOf(point);
  if (isNear(value, ABSENT * scale)) return null;
  const told = /^\s*-?\d+([.,]\d+)?/.exec(point.strVal)?.[0];
  const isRaw = told !== undefined && !isNear(value, toNumber(told)) && isNear(value * scale, toNumber(told));
  return isRaw ? value * scale : value;
}

/**
 * The limits of a setting in its unit. They come raw as a rule (50 to 350 of a value of 14.5 °C), and scaled from some
 * series: those that hold the present value are meant, the raw ones if both do.
 */
export function limitsOf(point: MyUplinkPoint): { least: number; most: number } | undefined {
  const { minValue, maxValue } = point;
  if (minValue === null || maxValue === null) return undefined;
  const scale = scaleOf(point);
  const asTold = { least: minValue, most: maxValue };
  const fromRaw = { least: minValue * scale, most: maxValue * scale };
  const value = scaledValue(point);
  if (value === null) return fromRaw;
  const holds = ({ least, most }: { least: number; most: number }) => value >= least && value <= most;
  return holds(fromRaw) || !holds(asTold) ? fromRaw : asTold;
}

/** May a setting have this value? One that names its values has no other. */
export function allows(point: MyUplinkPoint, value: number): boolean {
  if (point.enumValues.length > 0) return point.enumValues.some((word) => Number(word.value) === value);
  const limits = limitsOf(point);
  return limits === undefined || (value >= limits.least && value <= limits.most);
}

function scaleOf({ scaleValue }: MyUplinkPoint): number {
  return scaleValue === null || scaleValue <= 0 ? 1 : scaleValue;
}

function toNumber(told: string): number {
  return Number(told.replace(",", "."));
}

function isNear(a: number, b: number): boolean {
  return Math.abs(a - b) < 0.051;
}
