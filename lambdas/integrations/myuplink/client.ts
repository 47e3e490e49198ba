import type { Asset } from "../../../shared/domain/asset.ts";
import { epochMs } from "../../../shared/domain/instant.ts";
import { VendorError } from "../../../shared/errors.ts";
import type { Connection, ConnectVendor } from "../../../shared/integration/contract.ts";
import { type HeatPumpAsset, isConnected, type MyUplinkChange, type Shown, toChange, toLook } from "./adapter.ts";
import { type MyUplinkApi, myUplinkApi } from "./api.ts";
import { toInstant } from "./points.ts";
import { Windows } from "./rate-limit.ts";

function heatPumpOf(asset: Asset): HeatPumpAsset {
  if (asset.kind === "heat-pump") return asset;
  throw new VendorError({
    fault: "our-configuration",
    operation: "heat",
    message: `enrolled as a ${asset.kind}, but this integration knows heat pumps only`,
  });
}

/** myUplink's cloud in the platform's words. A device is named by its id; its system is looked up. */
export const connectMyUplink: ConnectVendor = (connection) => {
  const windows = new Windows();
  const systemOf = new Map<string, string>();

  const find = async (deviceId: string, api: MyUplinkApi) => {
    const { systemId, connectionState } = await api.find(deviceId);
    systemOf.set(deviceId, systemId);
    return { systemId, connected: isConnected(connectionState) };
  };

  return {
    async look({ asset, accessToken }) {
      const pump = heatPumpOf(asset);
      const api = myUplinkApi(connection, accessToken, windows);
      const { systemId, connected } = await find(asset.vendorAssetId, api);
      // The cloud tells old values of a device that is gone, with status 200.
      if (!connected) return { online: false };
      const points = await api.points(asset.vendorAssetId);
      return toLook(points, await modeShown(systemId, api), pump, connection.now());
    },

    async prepare({ asset, accessToken }) {
      heatPumpOf(asset);
      const { connected } = await find(asset.vendorAssetId, myUplinkApi(connection, accessToken, windows));
      if (connected) return { ready: true };
      throw new VendorError({
        fault: "device-offline",
        operation: "systems",
        message: "the heat pump is not connected to the vendor's cloud",
      });
    },

    async command({ asset, accessToken, last }, action) {
      const pump = heatPumpOf(asset);
      const api = myUplinkApi(connection, accessToken, windows);
      const deviceId = asset.vendorAssetId;
      const systemId = systemOf.get(deviceId) ?? (await find(deviceId, api)).systemId;
      const points = await api.points(deviceId);
      const smartHomeMode = await api.mode(systemId);
      // Without a reading, or with one made before another command showed, what is shown may be the past.
      const change = toChange(action, { points, smartHomeMode, isSettled: last !== undefined }, pump);
      try {
        await carryOut(change, { deviceId, systemId }, api);
      } catch (error) {
        throw await explained(error, systemId, api, connection);
      }
      return { withoutEffect: change.mode === undefined && change.lux === undefined };
    },
  };
};

/** Faults that are not of the mode alone. */
const OF_EVERY_CALL = ["token-expired", "rate-limited", "device-offline"];

/** A mode that cannot be told does not lose what the sensors told. */
async function modeShown(systemId: string, api: MyUplinkApi): Promise<Shown> {
  try {
    return { word: await api.mode(systemId) };
  } catch (error) {
    if (!(error instanceof VendorError) || OF_EVERY_CALL.includes(error.fault)) throw error;
    return { failure: error.message };
  }
}

/** The mode first: it may always be set, while a point may be refused to a customer without a subscription. */
async function carryOut(
  { mode, lux }: MyUplinkChange,
  { deviceId, systemId }: { deviceId: string; systemId: string },
  api: MyUplinkApi,
): Promise<void> {
  if (mode !== undefined) await api.setMode(systemId, mode);
  if (!lux) return;
  try {
    await api.setPoint(deviceId, lux.parameterId, lux.value);
  } catch (error) {
    // Who may not set the point has not set it before either.
    if (lux.isPrecaution && error instanceof VendorError && error.status === 403) return;
    throw error;
  }
}

/** A refused change says neither who must act nor how: whether the customer's subscription lets us control tells. */
async function explained(error: unknown, systemId: string, api: MyUplinkApi, { now }: Connection): Promise<unknown> {
  if (!(error instanceof VendorError) || error.status !== 403) return error;
  const subscriptions = await api.subscriptions(systemId).catch(() => undefined);
  if (subscriptions === undefined) return error;
  const canControl = subscriptions.some(({ type, validUntil }) => {
    const until = validUntil ? toInstant(validUntil) : null;
    return type === "manage" && (!validUntil || (until !== null && epochMs(until) > epochMs(now())));
  });
  return new VendorError({
    fault: "customer-must-act",
    operation: error.operation,
    status: 403,
    message: canControl
      ? "the customer must connect with the login that owns the system, and grant control"
      : "the customer needs a valid myUplink subscription with control",
    cause: error,
  });
}
