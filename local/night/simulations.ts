import type { Asset } from "../../shared/domain/asset.ts";
import type { PowerInterval, Simulation } from "../../shared/integration/simulation.ts";
import { assetsOf, type Fleet } from "./fleet.ts";
import type { NightInputs } from "./inputs.ts";

/** The vendors' clouds by the name of their integration. */
export type Simulations = ReadonlyMap<string, Simulation>;

type Clock = { now(): number };

/** Starts every vendor's cloud with the devices of the fleet that it reaches. */
export async function startSimulations(inputs: NightInputs, clock: Clock): Promise<Simulations> {
  const simulations = new Map<string, Simulation>();
  // Late-bound: a site's meter sees devices of vendors whose clouds start after its own.
  const siteLoadKw = siteLoads(inputs, simulations);
  try {
    for (const { name, startSimulation } of inputs.vendors) {
      const simulation = await startSimulation({
        clock,
        ...devicesOf(inputs, name),
        siteLoadKw,
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

/** What the devices of a site draw at a moment, kW, whichever clouds they are reached through. */
function siteLoads(fleet: Fleet, simulations: Simulations): (siteId: string, atMs: number) => number {
  const devices = new Map<string, Asset[]>();
  for (const asset of assetsOf(fleet).filter(({ kind }) => kind !== "solar-site"))
    devices.set(asset.site.siteId, [...(devices.get(asset.site.siteId) ?? []), asset]);
  return (siteId, atMs) =>
    (devices.get(siteId) ?? []).reduce((sum, { assetId, integration }) => {
      const simulation = simulations.get(integration);
      return simulation ? sum + powerAtKw(simulation.intervals(assetId), atMs) : sum;
    }, 0);
}

/** Intervals ascend and do not overlap; what is asked for is mostly the last. */
export function powerAtKw(intervals: readonly PowerInterval[], atMs: number): number {
  const found = intervals.findLast(({ startsAtMs }) => startsAtMs <= atMs);
  return found && atMs < found.endsAtMs ? found.powerKw : 0;
}
