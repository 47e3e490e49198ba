import type { Asset, AssetId } from "../../shared/domain/asset.ts";
import { epochMs, HOUR_MS, type Instant, MINUTE_MS } from "../../shared/domain/instant.ts";
import type { ProductionReading, Reading } from "../../shared/domain/reading.ts";
import { round } from "../../shared/domain/units.ts";
import type { Latest } from "../../shared/store/readings.ts";

/** Solar power that would go to the grid, and what it would earn there. */
export type Surplus = { powerKw: number; untilMs: number; pencePerKwh: number; measuredAt: Instant };

/** Known, possibly nothing; or unknown, for a reason. */
export type SiteSurplus = { known: Surplus } | { unknown: string };

/** Older than this a roof's reading says nothing about now: clouds move. */
const FRESH_MS = 45 * MINUTE_MS;
/** What is measured now is taken to last this long; further ahead nothing is assumed. */
const LASTS_MS = HOUR_MS;

/**
 * A site's surplus now, from its own meter: what goes out, and what our loads (`draws`) take already, which the sun
 * could feed.
 * Undefined for a site without solar power of ours. Unknown is never taken for nothing.
 */
export function surplusOf(
  site: readonly Asset[],
  latest: ReadonlyMap<AssetId, Latest>,
  draws: readonly (Reading | undefined)[],
  now: Instant,
): SiteSurplus | undefined {
  const roofs = site.filter((asset) => asset.kind === "solar-site");
  if (roofs.length === 0) return undefined;
  let exportKw = Number.NEGATIVE_INFINITY;
  let measuredAt = now;
  for (const { assetId } of roofs) {
    const its = latest.get(assetId);
    const problem = problemOf(its, now);
    if (problem !== undefined) return { unknown: `solar power is unknown: ${problem}` };
    const flow = its?.reading?.stream === "production" ? exportOf(its.reading) : undefined;
    if (flow === undefined) return { unknown: "solar power is unknown: the site's meter tells no grid power" };
    // Each roof's meter sees the same grid connection.
    exportKw = Math.max(exportKw, flow);
    if (its?.reading && its.reading.observedAt < measuredAt) measuredAt = its.reading.observedAt;
  }
  // A load read later may have begun since: what went out then must not be counted twice.
  const drawnKw = draws
    .filter((reading) => reading !== undefined && reading.observedAt <= measuredAt)
    .reduce((sum, reading) => sum + drawOf(reading), 0);
  const pencePerKwh = site.find((asset) => asset.site.exportPencePerKwh !== undefined)?.site.exportPencePerKwh ?? 0;
  const powerKw = round(Math.max(0, exportKw + drawnKw), 3);
  return { known: { powerKw, untilMs: epochMs(measuredAt) + LASTS_MS, pencePerKwh, measuredAt } };
}

function problemOf(its: Latest | undefined, now: Instant): string | undefined {
  if (its?.reach?.faultClass) return its.reach.faultClass;
  if (!its?.reading) return "it was never read";
  const ageMs = epochMs(now) - epochMs(its.reading.observedAt);
  return ageMs > FRESH_MS ? `its last reading is ${Math.round(ageMs / MINUTE_MS)} minutes old` : undefined;
}

/** Negative when the site takes from the grid. */
function exportOf({ gridKw, productionKw, consumptionKw }: ProductionReading): number | undefined {
  if (gridKw !== null) return -gridKw;
  return productionKw !== null && consumptionKw !== null ? productionKw - consumptionKw : undefined;
}

function drawOf(reading: Reading | undefined): number {
  return reading === undefined || reading.stream === "production" ? 0 : (reading.powerKw ?? 0);
}
