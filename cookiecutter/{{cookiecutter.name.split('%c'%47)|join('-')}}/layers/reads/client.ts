import { VendorError } from "../../../shared/errors.ts";
import type { ConnectVendor } from "../../../shared/integration/contract.ts";
import { toReading } from "./adapter.ts";
import { vendorApi } from "./api.ts";

/** The vendor's cloud in the platform's words; it is read only. */
export const connectVendor: ConnectVendor = (connection) => ({
  async look({ asset, accessToken }) {
    const device = await vendorApi(connection, accessToken).device(asset.vendorAssetId);
    return device.online ? { online: true, reading: toReading(device, asset, connection.now()) } : { online: false };
  },

  async prepare() {
    return { ready: true };
  },

  async command(_target, action) {
    throw new VendorError({
      fault: "unsupported-by-device",
      operation: action.kind,
      message: "this integration only reads",
    });
  },
});
