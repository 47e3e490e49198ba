import type { ConnectVendor } from "../../../shared/integration/contract.ts";
import { holds, toCommand, toReading } from "./adapter.ts";
import { vendorApi } from "./api.ts";

/** The vendor's cloud in the platform's words. */
export const connectVendor: ConnectVendor = (connection) => ({
  async look({ asset, accessToken }) {
    const device = await vendorApi(connection, accessToken).device(asset.vendorAssetId);
    return device.online ? { online: true, reading: toReading(device, asset, connection.now()) } : { online: false };
  },

  async prepare() {
    return { ready: true };
  },

  async command({ asset, accessToken }, action) {
    const api = vendorApi(connection, accessToken);
    const wanted = toCommand(action);
    if (holds(await api.device(asset.vendorAssetId), wanted)) return { withoutEffect: true };
    await api.command(asset.vendorAssetId, wanted);
    return { withoutEffect: false };
  },
});
