import type { Change, Effect } from "./simulator-spec.ts";

/** What a car will want: the part of its state that commands change. */
export type Intent = { charge: boolean; requestedA: number; limitPercent: number };

/** Commands on their way into the car, in order of effect. */
export class Effects {
  #queue: Effect[] = [];

  get nextAtMs(): number | undefined {
    return this.#queue[0]?.atMs;
  }

  add(effect: Effect): void {
    this.#queue.push(effect);
    this.#queue.sort((a, b) => a.atMs - b.atMs);
  }

  take(): Effect | undefined {
    return this.#queue.shift();
  }

  /** A start or stop does not outlive the session it was meant for. */
  dropCharging(): void {
    this.#queue = this.#queue.filter(({ change }) => change.what !== "start" && change.what !== "stop");
  }

  /** `now`, as it will be once all announced effects have worked. */
  applyTo(now: Intent): Intent {
    const announced = this.#queue.filter(({ unannounced }) => !unannounced);
    return Object.assign({}, now, ...announced.map(({ change }) => intended(change)));
  }
}

function intended(change: Change): Partial<Intent> {
  switch (change.what) {
    case "start":
      return { charge: true };
    case "stop":
      return { charge: false };
    case "amps":
      return { requestedA: change.amps };
    case "limit":
      return { limitPercent: change.percent };
    case "schedule":
      return {};
  }
}
