import { Temporal } from "temporal-polyfill";
import { between, draw } from "../../../shared/integration/simulation-random.ts";
import { type SiteSpec, STEP_MS, type Step } from "./simulator-spec.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 3_600_000;
const LONDON_DEGREES = 51.5;
const RADIANS = Math.PI / 180;
/** What a roof gives of its peak when the sun stands straight above. */
const BEST_SHARE = 0.85;
/** Below this share of its peak an inverter does nothing. */
const WAKES_AT = 0.002;

/** What a site really does: the sun through clouds, and a household. Depends on the seed, the moment and the loads. */
export class Sun {
  readonly #spec: SiteSpec;
  readonly #seed: number;
  /** Solar noon, ms after midnight in UTC: where the zone's winter time has its noon. */
  readonly #noonMs: number;

  constructor(spec: SiteSpec, seed: number) {
    this.#spec = spec;
    this.#seed = seed;
    const january = Temporal.Instant.from("2026-01-15T12:00Z").toZonedDateTimeISO(spec.timeZone);
    this.#noonMs = DAY_MS / 2 - january.offsetNanoseconds / 1e6;
  }

  /** The sine of the sun's height; below zero at night. */
  height(atMs: number): number {
    const dayOfYear = (atMs / DAY_MS) % 365.25;
    const declination = -23.44 * RADIANS * Math.cos((2 * Math.PI * (dayOfYear + 10)) / 365.25);
    const latitude = (this.#spec.latitudeDegrees ?? LONDON_DEGREES) * RADIANS;
    const hourAngle = (2 * Math.PI * ((atMs % DAY_MS) - this.#noonMs)) / DAY_MS;
    return (
      Math.sin(latitude) * Math.sin(declination) + Math.cos(latitude) * Math.cos(declination) * Math.cos(hourAngle)
    );
  }

  /** The step of constant power that holds a moment. */
  step(atMs: number): Step {
    const startsAtMs = Math.floor(atMs / STEP_MS) * STEP_MS;
    const { siteId, peakPowerKw, loadKw } = this.#spec;
    const cloud = between(0.3, 1, draw(this.#seed, "cloud", siteId, Math.floor(startsAtMs / (4 * STEP_MS))));
    const share = Math.max(0, this.height(startsAtMs + STEP_MS / 2)) * BEST_SHARE * cloud;
    const home = between(0.2, 0.9, draw(this.#seed, "home", siteId, startsAtMs));
    const minutes = Array.from({ length: STEP_MS / MINUTE_MS }, (_, index) => startsAtMs + (index + 0.5) * MINUTE_MS);
    const loadsKw = minutes.reduce((sum, ms) => sum + (loadKw?.(ms) ?? 0), 0) / minutes.length;
    return {
      startsAtMs,
      endsAtMs: startsAtMs + STEP_MS,
      productionKw: share < WAKES_AT ? 0 : share * peakPowerKw,
      consumptionKw: home + loadsKw,
    };
  }

  /** The steps of a stretch whose ends are ends of steps. */
  steps(startsAtMs: number, endsAtMs: number): Step[] {
    const count = Math.round((endsAtMs - startsAtMs) / STEP_MS);
    return Array.from({ length: Math.max(0, count) }, (_, index) => this.step(startsAtMs + index * STEP_MS));
  }
}
