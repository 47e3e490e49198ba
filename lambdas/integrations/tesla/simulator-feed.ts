import type { Appointment } from "./simulator-agenda.ts";
import type { PowerInterval } from "./simulator-spec.ts";

/** A charger of another vendor that feeds the car: what it has delivered until now becomes changes of the car's power. */
export class Feed {
  readonly #delivered: () => readonly PowerInterval[];
  #untilMs: number;
  #powerKw = 0;

  constructor(delivered: () => readonly PowerInterval[], startMs: number) {
    this.#delivered = delivered;
    this.#untilMs = startMs;
  }

  /** What changed since it was last asked, in order of time. */
  changes(nowMs: number): Appointment[] {
    const changes: Appointment[] = [];
    const set = (atMs: number, powerKw: number) => {
      if (powerKw !== this.#powerKw) changes.push({ atMs, what: "fed", powerKw });
      this.#powerKw = powerKw;
    };
    for (const { startsAtMs, endsAtMs, powerKw } of this.#delivered()) {
      if (endsAtMs < this.#untilMs) continue;
      const fromMs = Math.max(startsAtMs, this.#untilMs);
      // Between two intervals nothing flows.
      if (fromMs > this.#untilMs) set(this.#untilMs, 0);
      set(fromMs, powerKw);
      this.#untilMs = endsAtMs;
    }
    if (this.#untilMs < nowMs) set(this.#untilMs, 0);
    this.#untilMs = nowMs;
    return changes;
  }
}
