import type { SolarSite } from "../../shared/domain/asset.ts";
import { epochMs, HOUR_MS } from "../../shared/domain/instant.ts";
import type { ReadingsStore } from "../../shared/store/readings.ts";
import type { VirtualClock } from "../clock.ts";
import type { Night } from "./night.ts";
import { type ProductionSample, SAMPLE_MS } from "./production.ts";

/** What is older tells nothing of now: the sun has moved on. */
const FRESH_MS = 2 * HOUR_MS;

/** Looks into the platform's own readings every half hour of the night. */
export function watchProduction(
  sites: readonly SolarSite[],
  night: Night,
  readings: Pick<ReadingsStore, "latest">,
  clock: VirtualClock,
): { samples(): Promise<ProductionSample[]> } {
  const samples: ProductionSample[] = [];
  const looks: Promise<void>[] = [];
  const look = async () => {
    const atMs = clock.now();
    const latest = await readings.latest(
      sites.map(({ assetId }) => assetId),
      "production",
    );
    for (const { assetId } of sites) {
      const reading = latest.get(assetId)?.reading;
      const isFresh = reading?.stream === "production" && atMs - epochMs(reading.observedAt) <= FRESH_MS;
      samples.push({ assetId, atMs, productionKw: isFresh ? reading.productionKw : null });
    }
  };
  for (let atMs = night.startsAtMs + SAMPLE_MS; atMs <= night.endsAtMs && sites.length > 0; atMs += SAMPLE_MS)
    clock.at(atMs, "production", () => void looks.push(clock.during("production", look)));
  return {
    async samples() {
      await Promise.all(looks);
      return samples;
    },
  };
}
