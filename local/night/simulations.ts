import type { AssetId } from "../../shared/domain/asset.ts";
import type { PowerInterval, Simulation } from "../../shared/integration/simulation.ts";
import { assetsOf, type Fleet, loadsOf } from "./fleet.ts";
import type { NightInputs } from "./inputs.ts";

/** The vendors' clouds by the name of their integration. */
export type Simulations = ReadonlyMap<string, Simulation>;

type Clock = { now(): number };

/** Starts every vendor's cloud with the devices of the fleet that it reaches. */
export async function startSimulations(inputs: NightInputs, clock: Clock): Promise<Simulations> {
  const simulations = new Map<string, Simulation>();
  // Late-bound: a site's meter sees devices, and a car is fed by a charger, of vendors whose clouds start after its own.
  const { intervalsOf, siteLoadKw } = acrossClouds(inputs, simulations);
  try {
    for (const { name, startSimulation } of inputs.vendors) {
      const simulation = await startSimulation({
        clock,
        ...devicesOf(inputs, name),
        siteLoadKw,
        fedBy: intervalsOf,
        seed: inputs.seed,
        faults: inputs.faults,
        startsAtMs: inputs.night.startsAtMs,
        endsAtMs: inputs.night.endsAtMs,
      });
      simulations.set(name, simulation);
    }
    return simulations;
  } catch (error) {
    await stopAll(simulations);
    throw error;
  }
}

export async function stopAll(simulations: Simulations): Promise<void> {
  await Promise.all([...simulations.values()].map((simulation) => simulation.stop()));
}

/** The simulation of an integration. Throws when none was started. */
export function simulationOf(simulations: Simulations, integration: string): Simulation {
  const simulation = simulations.get(integration);
  if (!simulation) throw new Error(`no simulator for integration ${integration}`);
  return simulation;
}

/** The devices that one integration reaches, as its simulation takes them. */
export function devicesOf({ cars, chargers, heatPumps, solarSites }: Fleet, name: string) {
  return {
    cars: cars
      .filter(({ asset }) => asset.integration === name)
      .map(({ asset, session, socOnArrivalPercent, readyByMs }) => ({
        asset,
        socOnArrivalPercent,
        arrivesAtMs: session.arrivesAtMs,
        departsAtMs: session.departsAtMs,
        readyByMs,
      })),
    chargers: chargers
      .filter(({ asset }) => asset.integration === name)
      .map(({ asset, session, readyByMs }) => ({
        asset,
        arrivesAtMs: session.arrivesAtMs,
        departsAtMs: session.departsAtMs,
        readyByMs,
        wantsKwh: session.energyKwh,
      })),
    heatPumps: heatPumps.filter(({ integration }) => integration === name),
    solarSites: solarSites.filter(({ integration }) => integration === name),
  };
}

/** What one vendor's cloud is told of devices that are reached through others. */
function acrossClouds(fleet: Fleet, simulations: Simulations) {
  const integrationOf = new Map(assetsOf(fleet).map(({ assetId, integration }) => [assetId, integration]));
  const loadsAt = new Map<string, AssetId[]>();
  for (const { assetId, site } of loadsOf(fleet))
    loadsAt.set(site.siteId, [...(loadsAt.get(site.siteId) ?? []), assetId]);
  const intervalsOf = (assetId: AssetId): readonly PowerInterval[] =>
    simulations.get(integrationOf.get(assetId) ?? "")?.intervals(assetId) ?? [];
  const siteLoadKw = (siteId: string, atMs: number): number =>
    (loadsAt.get(siteId) ?? []).reduce((sum, assetId) => sum + powerAtKw(intervalsOf(assetId), atMs), 0);
  return { intervalsOf, siteLoadKw };
}

/** Intervals ascend and do not overlap; what is asked for is mostly the last. */
export function powerAtKw(intervals: readonly PowerInterval[], atMs: number): number {
  const found = intervals.findLast(({ startsAtMs }) => startsAtMs <= atMs);
  return found && atMs < found.endsAtMs ? found.powerKw : 0;
}
