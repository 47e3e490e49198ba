import { type Datum, type Metric, metricKey } from "./metric.ts";
import { percentile, plainStatistic, type Statistic, type Summary } from "./statistic.ts";

/** A missing value is a period without any datum. */
export type Points = readonly (number | undefined)[];

/** Consecutive periods, the last of which ends at `endMs`; all whole minutes. */
export type Periods = { endMs: number; periodMs: number; count: number };

/** Values beyond the first are only here for percentiles. */
type Bucket = Summary & { values?: number[] };

/** Minutes, and sums of tens of minutes and hours, each by its number since the epoch. */
type Stored = { metric: Metric; minutes: Map<number, Bucket>; tens: Map<number, Summary>; hours: Map<number, Summary> };

const MINUTE_MS = 60_000;
const TEN = 10;
const HOUR = 60;

/**
 * Metrics as CloudWatch keeps those of standard resolution: by the minute, each metric by its exact set of dimensions.
 * Tens of minutes and hours are summed as well, so that a long window costs little every minute.
 */
export class MetricStore {
  readonly #stored = new Map<string, Stored>();
  /** Who asks every minute asks with the same object. */
  readonly #keys = new WeakMap<Metric, string>();

  put(datum: Datum, atMs: number): void {
    if (!Number.isFinite(datum.value)) throw new Error(`metric ${datum.name}: ${datum.value} is not a number`);
    const key = metricKey(datum);
    let stored = this.#stored.get(key);
    if (!stored) {
      const { namespace, name, dimensions } = datum;
      stored = { metric: { namespace, name, dimensions }, minutes: new Map(), tens: new Map(), hours: new Map() };
      this.#stored.set(key, stored);
    }
    const minute = Math.floor(atMs / MINUTE_MS);
    const bucket: Bucket = add(stored.minutes, minute, datum.value);
    if (bucket.count === 2) bucket.values = [bucket.sum - datum.value, datum.value];
    else bucket.values?.push(datum.value);
    add(stored.tens, Math.floor(minute / TEN), datum.value);
    add(stored.hours, Math.floor(minute / HOUR), datum.value);
  }

  /** A statistic of each period, oldest first. A metric that has never been seen is missing throughout. */
  points(metric: Metric, statistic: Statistic, { endMs, periodMs, count }: Periods): Points {
    const stored = this.#stored.get(this.#keyOf(metric));
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
    const hour = Math.floor(atMs / MINUTE_MS / HOUR);
    for (const [key, { minutes, tens, hours }] of this.#stored) {
      forget(hours, hour);
      forget(tens, (hour * HOUR) / TEN);
      forget(minutes, hour * HOUR);
      if (hours.size === 0) this.#stored.delete(key);
    }
  }

  #keyOf(metric: Metric): string {
    const known = this.#keys.get(metric) ?? metricKey(metric);
    this.#keys.set(metric, known);
    return known;
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

function forget(buckets: Map<number, Summary>, before: number): void {
  for (const at of buckets.keys()) if (at < before) buckets.delete(at);
}

function summaryOf({ minutes, tens, hours }: Stored, from: number, to: number): Summary | undefined {
  const all: Summary = { count: 0, sum: 0, minimum: Number.POSITIVE_INFINITY, maximum: Number.NEGATIVE_INFINITY };
  for (let minute = from; minute < to; ) {
    let part: Summary | undefined;
    if (minute % HOUR === 0 && minute + HOUR <= to) {
      part = hours.get(minute / HOUR);
      minute += HOUR;
    } else if (minute % TEN === 0 && minute + TEN <= to) {
      part = tens.get(minute / TEN);
      minute += TEN;
    } else {
      part = minutes.get(minute);
      minute += 1;
    }
    if (!part) continue;
    all.count += part.count;
    all.sum += part.sum;
    if (part.minimum < all.minimum) all.minimum = part.minimum;
    if (part.maximum > all.maximum) all.maximum = part.maximum;
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
