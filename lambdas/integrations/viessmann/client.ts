import type { Asset } from "../../../shared/domain/asset.ts";
import { VendorError } from "../../../shared/errors.ts";
import type { ConnectVendor } from "../../../shared/integration/contract.ts";
import { toCalls, toLook } from "./adapter.ts";
import { type DevicePath, viessmannApi } from "./api.ts";
import type { HeatPump } from "./power.ts";

/** `installation/gateway/device`, as enrolled; device 0 is usually the heat pump. */
const VENDOR_ASSET_ID = /^(\d+)\/([A-Za-z0-9]+)\/([A-Za-z0-9-]+)$/;

function heatPumpOf(asset: Asset): HeatPump {
  if (asset.kind === "heat-pump") return asset;
  throw wrongEnrolment(`enrolled as a ${asset.kind}, but this integration knows heat pumps only`);
}

function pathOf(asset: Asset): DevicePath {
  const [, installation, gateway, device] = VENDOR_ASSET_ID.exec(asset.vendorAssetId) ?? [];
  if (installation && gateway && device) return { installation, gateway, device };
  throw wrongEnrolment("vendorAssetId must be installation/gateway/device");
}

function wrongEnrolment(message: string): VendorError {
  return new VendorError({ fault: "our-configuration", operation: "features", message });
}

/** Viessmann's cloud in the platform's words. A look is one call and disturbs nothing. */
export const connectViessmann: ConnectVendor = (connection) => ({
  async look({ asset, accessToken }) {
    const heatPump = heatPumpOf(asset);
    const features = await viessmannApi(connection, accessToken).features(pathOf(asset));
    return toLook(features, heatPump, connection.now());
  },

  async prepare() {
    return { ready: true };
  },

  /** Looks first: what the device would take, and within which bounds, is only in its own fresh answer. */
  async command({ asset, accessToken }, action) {
    const heatPump = heatPumpOf(asset);
    const path = pathOf(asset);
    const api = viessmannApi(connection, accessToken);
    const calls = toCalls(action, await api.features(path), heatPump);
    for (const { feature, name, params } of calls) await api.command(path, feature, name, params);
    return { withoutEffect: calls.length === 0 };
  },
});
