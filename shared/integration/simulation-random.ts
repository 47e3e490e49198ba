/**
 * A number in [0, 1) that depends only on the seed and on what it is about, never on how many were drawn before:
 * one more call from a client must not change the fate of another device.
 */
export function draw(seed: number, ...about: (string | number)[]): number {
  let hash = (0x811c9dc5 ^ seed) >>> 0;
  for (const character of about.join("|")) {
    hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193);
  }
  // FNV alone leaves neighbouring texts correlated; this is murmur3's finaliser.
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}

/** `unit` in [0, 1) spread over [low, high). */
export function between(low: number, high: number, unit: number): number {
  return low + (high - low) * unit;
}

/** As `between`, in whole milliseconds: every event happens at a whole one, so that times survive being written down. */
export function betweenMs(lowMs: number, highMs: number, unit: number): number {
  return Math.round(between(lowMs, highMs, unit));
}

/** The element of a non-empty list that `unit` in [0, 1) falls on. */
export function pick<T>(list: readonly [T, ...T[]], unit: number): T {
  return list[Math.floor(unit * list.length)] ?? list[0];
}
