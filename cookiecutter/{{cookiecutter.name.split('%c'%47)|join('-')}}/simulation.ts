import type { StartSimulation } from "../../../shared/integration/simulation.ts";
import { API_URL } from "./endpoint.ts";
import { startSimulator } from "./simulator.ts";
import { devicesOf } from "./simulator-device.ts";

/** The vendor's cloud with its customers' devices, on loopback. */
export const startSimulation: StartSimulation = async ({ clock, cars, others, seed, faults, startsAtMs, endsAtMs }) => {
  const devices = devicesOf({ cars, others, startsAtMs, endsAtMs });
  const simulator = await startSimulator({ clock, devices, seed, faults });
  const byAsset = new Map(devices.map((device) => [device.asset.assetId, device]));
  const deviceOf = (assetId: string) => {
    const device = byAsset.get(assetId);
    if (!device) throw new RangeError(`${assetId} is not in this simulation`);
    device.advance(clock.now());
    return device;
  };
  return {
    endpoints: { [API_URL]: simulator.url },
    secret: simulator.client,
    issueTokens: simulator.tokens.issue,
    intervals: (assetId) => deviceOf(assetId).intervals,
    couldBeReady: (assetId) => deviceOf(assetId).couldBeReady,
    effectiveCalls: () => simulator.effective,
    calls: simulator.calls,
    injectedFaults: () => simulator.injected,
    stop: simulator.stop,
  };
};
