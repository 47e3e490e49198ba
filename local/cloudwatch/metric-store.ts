import { type Datum, type Metric, metricKey } from "./metric.ts";
import { percentile, plainStatistic, type Statistic, type Summary } from "./statistic.ts";

/** A missing value is a period without any datum. */
export type Points = readonly (number | undefined)[];

/** Consecutive periods, the last of which ends at `endMs`; all whole minutes. */
export type Periods = { endMs: number; periodMs: number; count: number };

/** Values beyond the first are only here for percentiles. */
type Bucket = Summary & { values?: number[] };

type Stored = { metric: Metric; minutes: Map<number, Bucket>; hours: Map<number, Summary> };

const MINUTE_MS = 60_000;
const MINUTES_OF_HOUR = 60;

/**
 * Metrics as CloudWatch keeps those of standard resolution: by the minute, each metric by its exact set of dimensions.
 * Hours are summed as well, so that a long window costs little every minute.
 */
export class MetricStore {
  readonly #stored = new Map<string, Stored>();

  put(datum: Datum, atMs: number): void {
    if (!Number.isFinite(datum.value)) throw new Error(`metric ${datum.name}: ${datum.value} is not a number`);
    const key = metricKey(datum);
    let stored = this.#stored.get(key);
    if (!stored) {
      const { namespace, name, dimensions } = datum;
      stored = { metric: { namespace, name, dimensions }, minutes: new Map(), hours: new Map() };
      this.#stored.set(key, stored);
    }
    const minute = Math.floor(atMs / MINUTE_MS);
    const bucket: Bucket = add(stored.minutes, minute, datum.value);
    if (bucket.count === 2) bucket.values = [bucket.sum - datum.value, datum.value];
    else bucket.values?.push(datum.value);
    add(stored.hours, Math.floor(minute / MINUTES_OF_HOUR), datum.value);
  }

  /** A statistic of each period, oldest first. A metric that has never been seen is missing throughout. */
  points(metric: Metric, statistic: Statistic, { endMs, periodMs, count }: Periods): Points {
    const stored = this.#stored.get(metricKey(metric));
    const [end, length] = [endMs / MINUTE_MS, periodMs / MINUTE_MS];
    if (!Number.isInteger(end) || !Number.isInteger(length)) throw new Error("periods are whole minutes");
    return Array.from({ length: count }, (_, index) => {
      const from = end - (count - index) * length;
      if (!stored) return undefined;
      if (typeof statistic === "object") return percentile(statistic.percentile, valuesOf(stored, from, from + length));
      const summary = summaryOf(stored, from, from + length);
      return summary && plainStatistic(statistic, summary);
    });
  }

  /** Every metric with a value that has not been forgotten. */
  metrics(): Metric[] {
    return [...this.#stored.values()].map(({ metric }) => metric);
  }

  /** Drops the hours that lie wholly before `atMs`. */
  forgetBefore(atMs: number): void {
    const hour = Math.floor(atMs / MINUTE_MS / MINUTES_OF_HOUR);
    for (const [key, { minutes, hours }] of this.#stored) {
      for (const one of hours.keys()) if (one < hour) hours.delete(one);
      for (const one of minutes.keys()) if (one < hour * MINUTES_OF_HOUR) minutes.delete(one);
      if (hours.size === 0) this.#stored.delete(key);
    }
  }
}

function add(buckets: Map<number, Summary>, at: number, value: number): Summary {
  const known = buckets.get(at);
  if (!known) {
    const first = { count: 1, sum: value, minimum: value, maximum: value };
    buckets.set(at, first);
    return first;
  }
  known.count += 1;
  known.sum += value;
  known.minimum = Math.min(known.minimum, value);
  known.maximum = Math.max(known.maximum, value);
  return known;
}

function summaryOf({ minutes, hours }: Stored, from: number, to: number): Summary | undefined {
  const all: Summary = { count: 0, sum: 0, minimum: Number.POSITIVE_INFINITY, maximum: Number.NEGATIVE_INFINITY };
  for (let minute = from; minute < to; ) {
    const isWholeHour = minute % MINUTES_OF_HOUR === 0 && minute + MINUTES_OF_HOUR <= to;
    const part = isWholeHour ? hours.get(minute / MINUTES_OF_HOUR) : minutes.get(minute);
    minute += isWholeHour ? MINUTES_OF_HOUR : 1;
    if (!part) continue;
    all.count += part.count;
    all.sum += part.sum;
    all.minimum = Math.min(all.minimum, part.minimum);
    all.maximum = Math.max(all.maximum, part.maximum);
  }
  return all.count === 0 ? undefined : all;
}

function valuesOf({ minutes }: Stored, from: number, to: number): number[] {
  const values: number[] = [];
  for (let minute = from; minute < to; minute++) {
    const bucket = minutes.get(minute);
    if (bucket) values.push(...(bucket.values ?? [bucket.sum]));
  }
  return values;
}
