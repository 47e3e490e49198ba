import { type Asset, powerOfCurrent, type Supply } from "../../../shared/domain/asset.ts";
import type { Action } from "../../../shared/domain/command.ts";
import type { PowerInterval, StartSimulation } from "../../../shared/integration/simulation.ts";

const HOUR_MS = 3_600_000;

type Stay = {
  supply: Supply;
  arrivesAtMs: number;
  departsAtMs: number;
  readyByMs: number;
  /** What it takes in all, and how much of that its owner wants by `readyByMs`. */
  wantsKwh: number;
  neededKwh: number;
};
type Battery = { capacityKwh: number; chargeEfficiency: number; socOnArrivalPercent: number };

/** One car or charger: plugged in for one stay, drawing when it is told to, until it has had its energy. */
export class SimulatedDevice {
  readonly asset: Asset;
  readonly intervals: PowerInterval[] = [];
  /** Could it have had what is needed, had it drawn all the time? */
  readonly couldBeReady: boolean;
  readonly #stay: Stay;
  readonly #battery: Battery | undefined;
  #playedToMs: number;
  #charging = false;
  #currentA: number;
  #drawnKwh = 0;

  constructor(asset: Asset, stay: Stay, battery?: Battery) {
    this.asset = asset;
    this.#stay = stay;
    this.#battery = battery;
    this.#playedToMs = stay.arrivesAtMs;
    this.#currentA = stay.supply.maxCurrentA;
    const mostKwh = (this.#powerKw() * (stay.readyByMs - stay.arrivesAtMs)) / HOUR_MS;
    this.couldBeReady = mostKwh >= stay.neededKwh;
  }

  /** Plays until now; constant power makes it exact. */
  advance(nowMs: number): void {
    const { departsAtMs, wantsKwh } = this.#stay;
    const endsAtMs = Math.min(nowMs, departsAtMs);
    if (endsAtMs <= this.#playedToMs) return;
    if (this.#charging) {
      const powerKw = this.#powerKw();
      const fullAtMs = this.#playedToMs + ((wantsKwh - this.#drawnKwh) / powerKw) * HOUR_MS;
      const stopsAtMs = Math.min(endsAtMs, fullAtMs);
      this.intervals.push({ startsAtMs: this.#playedToMs, endsAtMs: stopsAtMs, powerKw });
      this.#drawnKwh += (powerKw * (stopsAtMs - this.#playedToMs)) / HOUR_MS;
      if (fullAtMs <= endsAtMs) this.#drawnKwh = wantsKwh;
      if (fullAtMs <= endsAtMs || endsAtMs === departsAtMs) this.#charging = false;
    }
    this.#playedToMs = endsAtMs;
  }

  told(nowMs: number): object {
    const common = { online: true, measuredAtMs: nowMs, firmware: "1.0" };
    if (!this.#isPlugged(nowMs)) return { ...common, status: "unplugged", powerW: 0 };
    const battery = this.#battery;
    const storedKwh = this.#drawnKwh * (battery?.chargeEfficiency ?? 1);
    return {
      ...common,
      status: this.#charging ? "charging" : this.#isFull() ? "full" : "paused",
      powerW: this.#charging ? this.#powerKw() * 1000 : 0,
      currentA: this.#currentA,
      ...(battery
        ? { batteryPercent: battery.socOnArrivalPercent + (100 * storedKwh) / battery.capacityKwh }
        : { sessionWh: this.#drawnKwh * 1000 }),
    };
  }

  /** Does what it is told, and says what that changed. */
  command(body: { charge: boolean; currentA?: number }, nowMs: number): Action["kind"] | undefined {
    if (!this.#isPlugged(nowMs) || this.#isFull()) return undefined;
    const currentA = body.currentA ?? this.#currentA;
    if (body.charge === this.#charging && currentA === this.#currentA) return undefined;
    this.#charging = body.charge;
    this.#currentA = currentA;
    return body.charge ? "charge.start" : "charge.stop";
  }

  #isPlugged(nowMs: number): boolean {
    return this.#stay.arrivesAtMs <= nowMs && nowMs < this.#stay.departsAtMs;
  }

  #isFull(): boolean {
    return this.#drawnKwh >= this.#stay.wantsKwh;
  }

  #powerKw(): number {
    return powerOfCurrent(this.#stay.supply, this.#currentA);
  }
}

export function devicesOf(given: Parameters<StartSimulation>[0]): SimulatedDevice[] {
  const cars = given.cars.map(({ asset, socOnArrivalPercent, ...times }) => {
    const { battery, supply, preferences } = asset;
    const percent = Math.max(0, preferences.targetSocPercent - socOnArrivalPercent);
    const wantsKwh = (percent / 100) * (battery.capacityKwh / battery.chargeEfficiency);
    const stay = { ...times, supply, wantsKwh, neededKwh: wantsKwh };
    return new SimulatedDevice(asset, stay, { ...battery, socOnArrivalPercent });
  });
  const chargers = given.chargers.map(({ asset, wantsKwh, ...times }) => {
    const neededKwh = Math.min(wantsKwh, asset.preferences.sessionEnergyKwh);
    return new SimulatedDevice(asset, { ...times, supply: asset.supply, wantsKwh, neededKwh });
  });
  return [...cars, ...chargers];
}
