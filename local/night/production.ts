import { HOUR_MS } from "../../shared/domain/instant.ts";
import { round } from "../../shared/domain/units.ts";
import type { PowerInterval } from "../../shared/integration/simulation.ts";

/** What the platform knew of a solar site at a moment, kW; null when it had no fresh word of it. */
export type ProductionSample = { assetId: string; atMs: number; productionKw: number | null };

export type SolarSiteReport = {
  assetId: string;
  integration: string;
  /** Share of the bright hours in which the production was known, percent; null when none was sampled. */
  knownPercent: number | null;
  /** As the platform read it. */
  producedKwh: number;
  /** What of it the home's own devices of the fleet drew meanwhile; the rest of the house is not known. */
  usedByDevicesKwh: number;
};

/** Panels give something from nine to three wherever anybody has them; at other hours nothing known may mean dark. */
const BRIGHT_HOURS = { from: 9, to: 15 };
/** How often the production is sampled. */
export const SAMPLE_MS = HOUR_MS / 2;

/** One site's night, from the samples of it and what its home's devices drew. */
export function solarSiteReport(
  site: { assetId: string; integration: string; zone: string },
  samples: readonly ProductionSample[],
  drawn: readonly PowerInterval[],
): SolarSiteReport {
  const own = samples.filter(({ assetId }) => assetId === site.assetId);
  const bright = own.filter(({ atMs }) => isBright(atMs, site.zone));
  const known = bright.filter(({ productionKw }) => productionKw !== null);
  let producedKwh = 0;
  let usedByDevicesKwh = 0;
  for (const { atMs, productionKw } of own) {
    const kwh = ((productionKw ?? 0) * SAMPLE_MS) / HOUR_MS;
    producedKwh += kwh;
    usedByDevicesKwh += Math.min(kwh, energyKwh(drawn, atMs - SAMPLE_MS, atMs));
  }
  return {
    assetId: site.assetId,
    integration: site.integration,
    knownPercent: bright.length === 0 ? null : round((100 * known.length) / bright.length, 1),
    producedKwh: round(producedKwh, 3),
    usedByDevicesKwh: round(usedByDevicesKwh, 3),
  };
}

function isBright(atMs: number, zone: string): boolean {
  const hour = Number(new Intl.DateTimeFormat("en-GB", { hour: "2-digit", timeZone: zone }).format(atMs));
  return hour >= BRIGHT_HOURS.from && hour < BRIGHT_HOURS.to;
}

function energyKwh(intervals: readonly PowerInterval[], fromMs: number, toMs: number): number {
  return intervals.reduce((sum, { startsAtMs, endsAtMs, powerKw }) => {
    const overlapMs = Math.min(endsAtMs, toMs) - Math.max(startsAtMs, fromMs);
    return overlapMs > 0 ? sum + (powerKw * overlapMs) / HOUR_MS : sum;
  }, 0);
}
