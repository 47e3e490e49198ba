import { VendorError } from "../../../shared/errors.ts";
import type { ConnectVendor } from "../../../shared/integration/contract.ts";
import { toCommands, tookWithoutEffect, toReading } from "./adapter.ts";
import { teslaApi } from "./api.ts";

// A waking car needs 10 to 45 s; asking again costs a state call.
const WAKE_WAIT_MS = 20_000;

/** Tesla's cloud in the platform's words: looks never wake a car, commands do. */
export const connectTesla: ConnectVendor = (connection) => ({
  async look({ asset, accessToken }, { expectAwake }) {
    const api = teslaApi(connection, accessToken);
    if (!expectAwake && (await api.state(asset.vendorAssetId)) !== "online") return { online: false };
    try {
      const data = await api.chargeState(asset.vendorAssetId);
      return { online: true, reading: toReading(data, asset, connection.now()) };
    } catch (error) {
      // Unreachable is not "not charging": the last known values stand.
      if (error instanceof VendorError && error.fault === "device-offline") return { online: false };
      throw error;
    }
  },

  async prepare({ asset, accessToken, last }) {
    // A car that charges is awake; should that be old news, the command's own answer says so.
    if (last?.state === "charging" || last?.state === "starting") return { ready: true };
    const api = teslaApi(connection, accessToken);
    if ((await api.state(asset.vendorAssetId)) === "online") return { ready: true };
    const state = await api.wake(asset.vendorAssetId);
    return state === "online" ? { ready: true } : { ready: false, waitMs: WAKE_WAIT_MS };
  },

  async command({ asset, accessToken, last }, action) {
    const api = teslaApi(connection, accessToken);
    let withoutEffect = true;
    for (const command of toCommands(action, last)) {
      const answer = await api.command(asset.vendorAssetId, command.name, command.body);
      withoutEffect = tookWithoutEffect(command, answer) && withoutEffect;
    }
    return { withoutEffect };
  },
});
