import { betweenMs, draw } from "../../../shared/integration/simulation-random.ts";

const FALLS_ASLEEP_AFTER_MS = 15 * 60_000;
const FINISHES_WAKE_UP_MS = 5_000;

/** Whether a car's computer is up: awake while busy and for a quarter of an hour after anybody last talked to it. */
export class Sleep {
  readonly #seed: number;
  readonly #vin: string;
  #lastActivityMs: number;
  #awakeFromMs: number;
  #wakes = 0;
  #blankUntilMs = 0;

  constructor(vin: string, startMs: number, seed: number) {
    this.#vin = vin;
    this.#seed = seed;
    this.#lastActivityMs = startMs;
    this.#awakeFromMs = startMs;
  }

  state(nowMs: number, busy: boolean): "online" | "asleep" | "waking" {
    if (busy) return "online";
    if (nowMs < this.#awakeFromMs) return "waking";
    return nowMs < this.#lastActivityMs + FALLS_ASLEEP_AFTER_MS ? "online" : "asleep";
  }

  /** Almost up: it can be reached, but not yet commanded. */
  isFinishingWakeUp(nowMs: number): boolean {
    return nowMs < this.#awakeFromMs && nowMs >= this.#awakeFromMs - FINISHES_WAKE_UP_MS;
  }

  /** For a moment after waking, a car has not yet collected its values. */
  isBlank(nowMs: number): boolean {
    return nowMs < this.#blankUntilMs;
  }

  /** Something happens to the car, or somebody talks to it while it is awake. */
  touch(atMs: number): void {
    this.#lastActivityMs = Math.max(this.#lastActivityMs, atMs);
    this.#awakeFromMs = Math.min(this.#awakeFromMs, atMs);
  }

  /** Begins to wake a car that sleeps. */
  wake(nowMs: number): void {
    const about = [this.#vin, "wake", this.#wakes++] as const;
    this.#awakeFromMs = nowMs + betweenMs(10_000, 45_000, draw(this.#seed, ...about));
    this.#lastActivityMs = this.#awakeFromMs;
    const blankMs = betweenMs(-15_000, 15_000, draw(this.#seed, ...about, "blank"));
    this.#blankUntilMs = this.#awakeFromMs + Math.max(0, blankMs);
  }
}
