import { HOUR_MS, MINUTE_MS } from "../../shared/domain/instant.ts";
import type { DeviceSpec } from "./fleet.ts";

const WAKE_MS = 25_000;
const STAYS_AWAKE_MS = 15 * MINUTE_MS;

export type Wish = { on: true; currentA: number } | { on: false };

/** One car or charger with exact energy: what it draws changes at moments only, and between them is multiplied. */
export class Device {
  readonly spec: DeviceSpec;
  isPlugged = false;
  isOn = false;
  currentA: number;
  /** Grid-side energy of this stay, kWh. */
  takenKwh = 0;
  /** What it draws and from when on; the last entry goes on. Complete up to when its energy was last settled. */
  readonly drawn: { fromMs: number; kw: number }[] = [];
  /** Awake until then; a car falls asleep when nothing happens. */
  awakeUntilMs = 0;
  /** Asked to wake, and awake from then on. */
  awakeFromMs = 0;
  #settledMs: number;

  constructor(spec: DeviceSpec) {
    this.spec = spec;
    this.currentA = spec.maxCurrentA;
    this.#settledMs = spec.arrivesMs;
  }

  get kw(): number {
    return this.isPlugged && this.isOn && !this.isFull ? this.currentA * this.spec.kwPerA : 0;
  }

  get isFull(): boolean {
    return this.takenKwh >= this.#mostKwh - 1e-9;
  }

  /** In the battery, kWh; undefined where the device cannot know. */
  get storedKwh(): number | undefined {
    const { battery, chargeEfficiency } = this.spec;
    return battery && battery.storedKwh + this.takenKwh * chargeEfficiency;
  }

  get #mostKwh(): number {
    const { battery, chargeEfficiency, takesKwh } = this.spec;
    if (!battery) return takesKwh;
    return Math.max(0, (battery.limitPercent / 100) * battery.capacityKwh - battery.storedKwh) / chargeEfficiency;
  }

  isAsleep(nowMs: number): boolean {
    return this.spec.kind === "car" && (this.awakeUntilMs < nowMs || nowMs < this.awakeFromMs);
  }

  /** Begins to wake unless it is awake or waking; the moment from which it is awake. */
  wake(nowMs: number): number {
    if (this.awakeUntilMs < nowMs) this.awakeFromMs = nowMs + WAKE_MS;
    this.awakeUntilMs = Math.max(this.awakeUntilMs, nowMs + WAKE_MS + STAYS_AWAKE_MS);
    return Math.max(nowMs, this.awakeFromMs);
  }

  /** Brings the energy up to the moment. */
  settle(nowMs: number): void {
    const { kw } = this;
    const fromMs = this.#settledMs;
    this.#settledMs = nowMs;
    if (kw === 0) return;
    const fullAtMs = fromMs + ((this.#mostKwh - this.takenKwh) / kw) * HOUR_MS;
    this.takenKwh = Math.min(this.#mostKwh, this.takenKwh + (kw * (nowMs - fromMs)) / HOUR_MS);
    if (this.isFull) this.drawn.push({ fromMs: Math.min(nowMs, fullAtMs), kw: 0 });
    this.awakeUntilMs = nowMs + STAYS_AWAKE_MS;
  }

  plugIn(nowMs: number): void {
    this.#change(nowMs, () => {
      this.isPlugged = true;
      this.isOn = this.spec.beginsByItself;
      this.awakeUntilMs = nowMs + STAYS_AWAKE_MS;
    });
  }

  plugOut(nowMs: number): void {
    this.#change(nowMs, () => {
      this.isPlugged = false;
      this.isOn = false;
    });
  }

  /** Does as it is told; false when that changes nothing. */
  obey(wish: Wish, nowMs: number): boolean {
    const before = `${this.isOn} ${this.currentA}`;
    this.#change(nowMs, () => {
      if (!this.isPlugged) return;
      this.isOn = wish.on;
      if (wish.on) this.currentA = Math.min(wish.currentA, this.spec.maxCurrentA);
    });
    return before !== `${this.isOn} ${this.currentA}`;
  }

  #change(nowMs: number, change: () => void): void {
    this.settle(nowMs);
    change();
    const { kw } = this;
    if (kw !== (this.drawn.at(-1)?.kw ?? 0)) this.drawn.push({ fromMs: nowMs, kw });
  }
}
