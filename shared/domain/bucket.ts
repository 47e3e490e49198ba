/**
 * A limit of so much over time: it fills at `perMinute` and holds at most `burst`. The unit is its user's: calls,
 * micro-dollars, watts.
 */
export type Bucket = { name: string; perMinute: number; burst: number };
export type Take = { bucket: Bucket; amount: number };

/**
 * What is known of the buckets of one row: for each the moment when it is full again (the "theoretical arrival time" of
 * the generic cell rate algorithm, ITU-T I.371), so that one number says all; absent means full. Whole microseconds since
 * the epoch: exact here and in DynamoDB, and short enough for a thousand calls a second.
 */
export type Levels = { fullAtUs: Record<string, number>; blockedUntilMs?: number | undefined };

/** How long the bucket takes to give that much again, µs. */
export function refillUs({ perMinute }: Bucket, amount: number): number {
  return Math.ceil((amount / perMinute) * 60_000_000);
}

/** The most that a class can have at once, when it may use `share` of the burst: the rest is for those before it. */
export function mostOf({ burst }: Bucket, share: number): number {
  return burst * share;
}

/** How far ahead a class may borrow: the latest that the bucket may be full again after its take, µs. */
export function latestFullAtUs(bucket: Bucket, share: number, nowMs: number): number {
  return nowMs * 1000 + refillUs(bucket, mostOf(bucket, share));
}

/** How long until all of it can be had together, ms; 0 is now. */
export function waitMs(levels: Levels, takes: readonly Take[], share: number, nowMs: number): number {
  const waitsUs = takes.map(({ bucket, amount }) => {
    const fullAtUs = Math.max(levels.fullAtUs[bucket.name] ?? 0, nowMs * 1000) + refillUs(bucket, amount);
    return fullAtUs - latestFullAtUs(bucket, share, nowMs);
  });
  return Math.max(0, (levels.blockedUntilMs ?? nowMs) - nowMs, Math.ceil(Math.max(0, ...waitsUs) / 1000));
}
