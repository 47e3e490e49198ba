import { between, draw } from "../../../shared/integration/simulation-random.ts";
import { QUARTER_MS, type Silence, type SiteSpec, STEP_MS } from "./simulator-spec.ts";
import { Sun } from "./simulator-sun.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** A little below the horizon an inverter still says zero; lower it says nothing. */
const TWILIGHT = -0.03;
/** The vendor's own power of a quarter is a sample, and misses a little of the energy. */
const SAMPLED_SHARE = 0.986;

export type Quarter = { productionWh: number; importWh: number; exportWh: number; consumptionWh: number };

/** One solar site: what it does, and what its cloud knows of it when. */
export class Site {
  readonly spec: SiteSpec;
  readonly #seed: number;
  readonly #sun: Sun;
  readonly #silences: readonly Silence[];
  /** Quarters that are over, which nothing changes any more. */
  readonly #over = new Map<number, Quarter>();

  constructor(spec: SiteSpec, seed: number, silences: readonly Silence[]) {
    this.spec = spec;
    this.#seed = seed;
    this.#sun = new Sun(spec, seed);
    this.#silences = silences;
  }

  /** The truth over a stretch, whatever the cloud tells. */
  really(startsAtMs: number, endsAtMs: number): Quarter {
    const sum = { productionWh: 0, importWh: 0, exportWh: 0, consumptionWh: 0 };
    for (const { productionKw, consumptionKw } of this.#sun.steps(startsAtMs, endsAtMs)) {
      const hoursTimesThousand = (STEP_MS / HOUR_MS) * 1000;
      sum.productionWh += productionKw * hoursTimesThousand;
      sum.consumptionWh += consumptionKw * hoursTimesThousand;
      sum.importWh += Math.max(0, consumptionKw - productionKw) * hoursTimesThousand;
      sum.exportWh += Math.max(0, productionKw - consumptionKw) * hoursTimesThousand;
    }
    return sum;
  }

  /** Energy of a quarter as told at a moment, Wh; null at night, too early, and while the gateway is lost. */
  toldProductionWh(startMs: number, nowMs: number): number | null {
    const quarter = this.#told(startMs, nowMs);
    if (!quarter) return null;
    if (quarter.productionWh > 0) return quarter.productionWh;
    return this.#sun.height(startMs + QUARTER_MS / 2) > TWILIGHT ? 0 : null;
  }

  toldPowerW(startMs: number, nowMs: number): number | null {
    const energyWh = this.toldProductionWh(startMs, nowMs);
    return energyWh === null ? null : energyWh * (HOUR_MS / QUARTER_MS) * SAMPLED_SHARE;
  }

  /** Mean powers of a quarter at the meter, W. A meter speaks at night too. */
  toldMeterW(startMs: number, nowMs: number, metric: "importWh" | "exportWh" | "consumptionWh"): number | null {
    const quarter = this.#told(startMs, nowMs);
    return quarter ? quarter[metric] * (HOUR_MS / QUARTER_MS) : null;
  }

  #told(startMs: number, nowMs: number): Quarter | undefined {
    const endMs = startMs + QUARTER_MS;
    if (nowMs >= this.#toldAtMs(startMs)) {
      const quarter = this.#over.get(startMs) ?? this.really(startMs, endMs);
      this.#over.set(startMs, quarter);
      return quarter;
    }
    // Half of the unfinished quarters are told in part, and change.
    const isPartial =
      !this.#silenceOf(startMs) && nowMs < endMs && draw(this.#seed, "partial", this.spec.siteId, startMs) < 0.5;
    const untilMs = Math.floor(nowMs / STEP_MS) * STEP_MS;
    return isPartial && untilMs > startMs ? this.really(startMs, untilMs) : undefined;
  }

  /** When a quarter is known: a minute or two after its end, sometimes much later, and after a silence. */
  #toldAtMs(startMs: number): number {
    const { siteId } = this.spec;
    const isLate = draw(this.#seed, "late", siteId, startMs) < 0.05;
    const [low, high] = isLate ? [5, 14] : [1, 2];
    const delayMs = Math.round(between(low, high, draw(this.#seed, "delay", siteId, startMs)) * MINUTE_MS);
    const silence = this.#silenceOf(startMs);
    return Math.max(startMs + QUARTER_MS, silence?.endsAtMs ?? 0) + delayMs;
  }

  #silenceOf(startMs: number): Silence | undefined {
    return this.#silences.find(({ startsAtMs, endsAtMs }) => startsAtMs < startMs + QUARTER_MS && endsAtMs > startMs);
  }
}
