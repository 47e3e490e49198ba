import type { StartSimulation } from "../../../shared/integration/simulation.ts";
import { API_URL } from "./endpoint.ts";
import { startSimulator } from "./simulator.ts";
import { devicesOf } from "./simulator-device.ts";

/** TODO: of the vendor's shape, and of no real device. */
export function vendorAssetId(index: number): string {
  return `device-${index}`;
}

/** The vendor's cloud with its customers' devices, on loopback. */
export const startSimulation: StartSimulation = async (given) => {
  const { clock, seed, faults } = given;
  const devices = devicesOf(given);
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
    calls: () => simulator.calls,
    injections: () => simulator.injections,
    // TODO: when a device leaves its owner's band because a command of ours holds it there.
    comfortBreaches: () => [],
    stop: simulator.stop,
  };
};
