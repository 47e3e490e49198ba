import { setTimeout as pause } from "node:timers/promises";

/**
 * Asks again until the answer is there; somebody else's real clocks (a schedule, a queue) decide when. Throws with the last
 * word on what is missing when it takes too long.
 */
export async function until<T>(
  what: string,
  withinSeconds: number,
  ask: () => Promise<T | undefined | false>,
): Promise<T> {
  const deadline = Date.now() + withinSeconds * 1000;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > deadline) throw new Error(`${what}: not within ${withinSeconds} s`);
    await pause(500);
  }
}

/** Throws with the words unless it holds. */
export function must(holds: unknown, words: string): asserts holds {
  if (!holds) throw new Error(words);
}
