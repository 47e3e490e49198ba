import { seededRandom } from "../random.ts";
import type { Engine } from "./engine.ts";

/** An index is this much behind its table at most: as a rule, and at times. */
const [USUAL_MS, STALLED_MS, STALLS] = [100, 10_000, 0.01];

/** Lets indexes follow their tables late, each in the order of its table's writes. */
export function lagging(seed: number, engine: Pick<Engine, "after">): (table: string, follow: () => void) => void {
  const random = seededRandom(seed ^ 0x1a6);
  const waiting = new Map<string, (() => void)[]>();
  return (table, follow) => {
    const changes = waiting.get(table) ?? [];
    waiting.set(table, changes);
    changes.push(follow);
    const lagMs = random() * (random() < STALLS ? STALLED_MS : USUAL_MS);
    // Whoever's moment comes makes the first change that waits: nothing overtakes.
    engine.after(lagMs, () => {
      changes.shift()?.();
      return false;
    });
  };
}

/** A replica is behind at times, and then by this at most, ms. */
const [BEHIND_MS, BEHINDS] = [1_000, 0.05];

/** Lets reads that ask for nothing better be answered by replicas that are behind. */
export function replicas(seed: number, { nowMs }: Pick<Engine, "nowMs">): { nowMs(): number; drawnMs(): number } {
  const random = seededRandom(seed ^ 0x2e9);
  return { nowMs, drawnMs: () => (random() < BEHINDS ? random() * BEHIND_MS : 0) };
}
