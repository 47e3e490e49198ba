import type { Asset } from "../../../shared/domain/asset.ts";
import type { Action } from "../../../shared/domain/command.ts";
import type { PowerInterval, StartSimulation } from "../../../shared/integration/simulation.ts";

const DAY_MS = 86_400_000;

/** One solar site under a clear sky, its sun up from six to six UTC. TODO: clouds, seasons and its house. */
export class SimulatedDevice {
  readonly asset: Asset;
  /** It draws nothing. */
  readonly intervals: PowerInterval[] = [];
  readonly couldBeReady = true;
  readonly #peakPowerKw: number;

  constructor(asset: Asset, peakPowerKw: number) {
    this.asset = asset;
    this.#peakPowerKw = peakPowerKw;
  }

  advance(_nowMs: number): void {}

  told(nowMs: number): object {
    const midnightMs = nowMs - (nowMs % DAY_MS);
    const angle = ((nowMs - midnightMs) / DAY_MS) * 2 * Math.PI - Math.PI / 2;
    const up = Math.max(0, Math.sin(angle));
    // The integral of the sine since six in the morning, in hours of the peak.
    const hours = angle < 0 ? 0 : (12 / Math.PI) * (1 - Math.cos(Math.min(angle, Math.PI)));
    return {
      online: true,
      measuredAtMs: nowMs,
      firmware: "1.0",
      productionW: Math.round(1000 * this.#peakPowerKw * up),
      producedWh: Math.round(1000 * this.#peakPowerKw * hours),
      countedFromMs: midnightMs,
    };
  }

  command(_body: object, _nowMs: number): Action["kind"] | undefined {
    return undefined;
  }
}

export function devicesOf({ solarSites }: Parameters<StartSimulation>[0]): SimulatedDevice[] {
  return solarSites.map((asset) => new SimulatedDevice(asset, asset.peakPowerKw));
}
