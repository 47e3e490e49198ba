import type { Asset, Car } from "../../../shared/domain/asset.ts";
import { epochMs, MINUTE_MS } from "../../../shared/domain/instant.ts";
import { asCharge } from "../../../shared/domain/reading.ts";
import { VendorError } from "../../../shared/errors.ts";
import type { ConnectVendor, Target } from "../../../shared/integration/contract.ts";
import { unknownOf } from "../../../shared/integration/odd.ts";
import { isInReach, oddReach, toCommands, toLook, tookWithoutEffect } from "./adapter.ts";
import { teslaApi } from "./api.ts";
import { Regions } from "./region.ts";
import { isOnline } from "./words.ts";

// A waking car needs 10 to 45 s; asking again how far it is costs a state call, waking it again ten times that.
const WAKE_WAIT_MS = 20_000;
const WAKES_WITHIN_MS = 60_000;
// A car stays awake for about this long after it last did something.
const STAYS_AWAKE_MS = 15 * MINUTE_MS;

function carOf(asset: Asset): Car {
  if (asset.kind === "car") return asset;
  throw new VendorError({
    fault: "our-configuration",
    operation: "vehicle_data",
    message: `enrolled as a ${asset.kind}, but this integration knows cars only`,
  });
}

/** Tesla's cloud in the platform's words: looks never wake a car, commands do. */
export const connectTesla: ConnectVendor = (connection) => {
  const wokenAtMs = new Map<string, number>();
  const regions = new Regions();
  const apiOf = ({ asset, accessToken }: Target) =>
    teslaApi(connection, { accountId: asset.accountId, accessToken }, regions);

  /** Wakes a car unless that was asked a moment ago. */
  const wake = async (vin: string, api: ReturnType<typeof teslaApi>) => {
    const nowMs = epochMs(connection.now());
    if (nowMs - (wokenAtMs.get(vin) ?? Number.NEGATIVE_INFINITY) < WAKES_WITHIN_MS) return false;
    const state = await api.wake(vin);
    wokenAtMs.set(vin, nowMs);
    return state === "online";
  };

  return {
    async look(target, { expectAwake }) {
      const { asset } = target;
      const api = apiOf(target);
      const state = expectAwake ? undefined : await api.state(asset.vendorAssetId);
      if (isOnline(state) === false) return { online: false };
      // In any other word the car may be up. Asking it wakes it no more than the word did.
      const odd = oddReach(state);
      try {
        return toLook(await api.vehicleData(asset.vendorAssetId), carOf(asset), connection.now(), odd);
      } catch (error) {
        // Unreachable is not "not charging": the last known values stand.
        if (error instanceof VendorError && error.fault === "device-offline")
          return { online: false, ...unknownOf(odd) };
        throw error;
      }
    },

    async prepare(target) {
      const { asset, last } = target;
      // A car seen charging a moment ago is awake. Old news is not believed: such a car would never be woken.
      const charge = asCharge(last);
      const isDrawing = charge?.state === "charging" || charge?.state === "starting";
      if (isDrawing && epochMs(connection.now()) - epochMs(charge.observedAt) < STAYS_AWAKE_MS) return { ready: true };
      const api = apiOf(target);
      const isReady = isInReach(await api.state(asset.vendorAssetId)) || (await wake(asset.vendorAssetId, api));
      return isReady ? { ready: true } : { ready: false, waitMs: WAKE_WAIT_MS };
    },

    async command(target, action) {
      const { asset, last } = target;
      const api = apiOf(target);
      let withoutEffect = true;
      for (const command of toCommands(action, asCharge(last))) {
        const answer = await api.command(asset.vendorAssetId, command.name, command.body);
        withoutEffect = tookWithoutEffect(command, answer) && withoutEffect;
      }
      return { withoutEffect };
    },
  };
};
