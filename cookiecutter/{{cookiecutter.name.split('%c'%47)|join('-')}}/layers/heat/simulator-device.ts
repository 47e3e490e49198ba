import type { Asset } from "../../../shared/domain/asset.ts";
import type { Action } from "../../../shared/domain/command.ts";
import type { PowerInterval, StartSimulation } from "../../../shared/integration/simulation.ts";

/** The share of its rated power that each mode draws. */
const SHARES: Record<string, number> = { auto: 0.4, comfort: 1, eco: 0.1 };

/** One heat pump that draws by its mode. TODO: a house that cools and a tank that warms. */
export class SimulatedDevice {
  readonly asset: Asset;
  readonly intervals: PowerInterval[] = [];
  readonly couldBeReady = true;
  readonly #ratedPowerKw: number;
  #playedToMs: number;
  #mode = "auto";

  constructor(asset: Asset, ratedPowerKw: number, startsAtMs: number) {
    this.asset = asset;
    this.#ratedPowerKw = ratedPowerKw;
    this.#playedToMs = startsAtMs;
  }

  /** Plays until now; constant power makes it exact. */
  advance(nowMs: number): void {
    if (nowMs <= this.#playedToMs) return;
    this.intervals.push({ startsAtMs: this.#playedToMs, endsAtMs: nowMs, powerKw: this.#powerKw() });
    this.#playedToMs = nowMs;
  }

  told(nowMs: number): object {
    return {
      online: true,
      measuredAtMs: nowMs,
      firmware: "1.0",
      mode: this.#mode,
      compressor: true,
      powerW: this.#powerKw() * 1000,
      hotWaterC: 50,
      indoorC: 20,
    };
  }

  /** Does what it is told, and says what that changed. */
  command(body: { mode: string }, _nowMs: number): Action["kind"] | undefined {
    if (body.mode === this.#mode || !Object.hasOwn(SHARES, body.mode)) return undefined;
    this.#mode = body.mode;
    return "heat.mode";
  }

  #powerKw(): number {
    return this.#ratedPowerKw * (SHARES[this.#mode] ?? 0);
  }
}

export function devicesOf({ heatPumps, startsAtMs }: Parameters<StartSimulation>[0]): SimulatedDevice[] {
  return heatPumps.map((asset) => new SimulatedDevice(asset, asset.ratedPowerKw, startsAtMs));
}
