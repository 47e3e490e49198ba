import type { CarSpec, PowerInterval } from "./simulator-spec.ts";

const HOUR_MS = 3_600_000;
/** Floating point at the charge limit, kWh. */
export const FULL_WITHIN_KWH = 1e-9;

/**
 * The energy truth of one car. Nothing is summed while somebody looks: a value is the last change of power plus
 * constant power since, so that looking more often cannot even round differently.
 */
export class Meter {
  readonly #efficiency: number;
  readonly #closed: PowerInterval[] = [];
  #sinceMs: number;
  #powerKw = 0;
  #gridKwh = 0;
  #storedKwh: number;

  constructor(atMs: number, storedKwh: number, efficiency: number) {
    this.#sinceMs = atMs;
    this.#storedKwh = storedKwh;
    this.#efficiency = efficiency;
  }

  get powerKw(): number {
    return this.#powerKw;
  }

  #drawnKwh(atMs: number): number {
    return (this.#powerKw * (atMs - this.#sinceMs)) / HOUR_MS;
  }

  gridEnergyKwh(atMs: number): number {
    return this.#gridKwh + this.#drawnKwh(atMs);
  }

  storedKwh(atMs: number): number {
    return this.#storedKwh + this.#drawnKwh(atMs) * this.#efficiency;
  }

  /** The first whole millisecond at which the battery holds that much at the present power; never, if nothing flows. */
  reachesAtMs(storedKwh: number): number | undefined {
    if (this.#powerKw <= 0) return undefined;
    const missingKwh = storedKwh - this.#storedKwh;
    return this.#sinceMs + Math.max(0, Math.ceil((missingKwh / (this.#powerKw * this.#efficiency)) * HOUR_MS));
  }

  setPower(atMs: number, powerKw: number): void {
    if (powerKw === this.#powerKw) return;
    if (this.#powerKw > 0 && atMs > this.#sinceMs) {
      this.#closed.push({ startsAtMs: this.#sinceMs, endsAtMs: atMs, powerKw: this.#powerKw });
    }
    const drawnKwh = this.#drawnKwh(atMs);
    this.#gridKwh += drawnKwh;
    this.#storedKwh += drawnKwh * this.#efficiency;
    this.#sinceMs = atMs;
    this.#powerKw = powerKw;
  }

  /** A drive happened. Only while nothing flows. */
  setStored(storedKwh: number): void {
    this.#storedKwh = storedKwh;
  }

  intervals(atMs: number): PowerInterval[] {
    const open = this.#powerKw > 0 && atMs > this.#sinceMs;
    return open
      ? [...this.#closed, { startsAtMs: this.#sinceMs, endsAtMs: atMs, powerKw: this.#powerKw }]
      : [...this.#closed];
  }
}

/** Energy in the battery at that charge. */
export function kwhAt(spec: CarSpec, socPercent: number): number {
  return (spec.batteryCapacityKwh * socPercent) / 100;
}

/** Grid-side power at that current per phase. */
export function supplyKw(spec: CarSpec, amps: number): number {
  return (spec.voltageV * Math.min(amps, spec.maxCurrentA) * spec.phases) / 1000;
}
