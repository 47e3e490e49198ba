import type { Answer } from "../../local/ops/why-late.ts";
import type { Random } from "../../local/random.ts";
import type { Asset } from "../../shared/domain/asset.ts";
import type { FaultClass } from "../../shared/domain/fault.ts";
import { HOUR_MS, type Instant, plusMs } from "../../shared/domain/instant.ts";
import { VendorError } from "../../shared/errors.ts";
import type { PollRequest } from "../../shared/integration/poll-request.ts";
import { charging } from "../builders.ts";
import type { Doing, Fleet, Trouble } from "./world.ts";

/** What is made to go wrong with one asset or with all, and what somebody who knows it would answer. */
export type Fault = {
  name: string;
  truth: { cause: Answer["cause"]; faultClass?: FaultClass };
  doing: Doing;
  inject(fleet: Fleet, target: Asset, from: Instant): Promise<void> | void;
};

const isOf = (target: Asset) => (request: PollRequest) =>
  request.assets.some(({ assetId }) => assetId === target.assetId);
const fails = (fault: FaultClass) => (): never => {
  throw new VendorError({ fault, operation: "look", message: "made to fail" });
};

/** From now on the asset's looks, or everybody's, are changed. */
function looks(whose: "one" | "all", change: NonNullable<Trouble["look"]>): Fault["inject"] {
  return (fleet, target) =>
    fleet.trouble({
      look: (asset, sound, at) =>
        whose === "all" || asset.assetId === target.assetId ? change(asset, sound, at) : sound(),
    });
}

const OF_ONE: FaultClass[] = [
  "device-offline",
  "rate-limited",
  "quota-exhausted",
  "credentials-revoked",
  "customer-must-act",
  "unsupported-by-device",
  "our-configuration",
  "our-fault",
  "malformed-message",
  "api-retired",
];

export const FAULTS: readonly Fault[] = [
  {
    name: "it was taken off its wheel",
    truth: { cause: "not-scheduled" },
    doing: "plugged",
    async inject(fleet, { assetId, accountId }) {
      for (const periodMinutes of [15, 30]) {
        await fleet.stores.schedule.leave({ integration: "acme", assetId, accountId, stream: "charge", periodMinutes });
      }
    },
  },
  {
    name: "the scheduler does not run",
    truth: { cause: "no-run" },
    doing: "plugged",
    inject: (fleet) => fleet.trouble({ noTick: () => true }),
  },
  {
    name: "the scheduler does not run while it charges",
    truth: { cause: "no-run" },
    doing: "charging",
    inject: (fleet) => fleet.trouble({ noTick: () => true }),
  },
  {
    name: "its invocations are dropped",
    truth: { cause: "no-result" },
    doing: "plugged",
    inject: (fleet, target) => fleet.trouble({ drops: isOf(target) }),
  },
  {
    name: "its workers die",
    truth: { cause: "no-result" },
    doing: "plugged",
    inject: (fleet, target) => fleet.trouble({ dies: isOf(target) }),
  },
  {
    name: "its workers have no time left",
    truth: { cause: "not-attempted" },
    doing: "plugged",
    inject: (fleet, target) => fleet.trouble({ remainingMs: (request) => (isOf(target)(request) ? 5_000 : 30_000) }),
  },
  ...OF_ONE.map(
    (faultClass): Fault => ({
      name: `its looks end in ${faultClass}`,
      truth: { cause: "failed", faultClass },
      doing: "plugged",
      inject: looks("one", fails(faultClass)),
    }),
  ),
  {
    name: "our code throws at it",
    truth: { cause: "failed", faultClass: "our-fault" },
    doing: "plugged",
    inject: looks("one", () => {
      throw new TypeError("made to throw");
    }),
  },
  {
    name: "it alone times out, for hours",
    truth: { cause: "failed", faultClass: "unexplained" },
    doing: "plugged",
    inject: looks("one", fails("transient")),
  },
  ...(["transient", "vendor-outage"] as const).map(
    (said): Fault => ({
      name: `everybody's looks end in ${said}`,
      truth: { cause: "failed", faultClass: "vendor-outage" },
      doing: "plugged",
      inject: looks("all", fails(said)),
    }),
  ),
  {
    name: "nobody's token is taken",
    truth: { cause: "failed", faultClass: "our-configuration" },
    doing: "plugged",
    inject: looks("all", fails("token-expired")),
  },
  {
    name: "a customer's login dies in a vendor's outage",
    truth: { cause: "failed", faultClass: "vendor-outage" },
    doing: "plugged",
    inject(fleet, target, from) {
      const later = plusMs(from, 15 * 60_000);
      fleet.trouble({
        look: ({ assetId }, _, at) =>
          fails(assetId === target.assetId && at >= later ? "credentials-revoked" : "vendor-outage")(),
      });
    },
  },
  {
    name: "the vendor tells what was while it charges",
    truth: { cause: "old-at-vendor" },
    doing: "charging",
    inject: (fleet, target, from) =>
      looks("one", ({ assetId }, _, at) => ({
        online: true,
        reading: charging({ assetId, observedAt: plusMs(from, -1000), receivedAt: at }),
      }))(fleet, target, from),
  },
  {
    name: "the vendor answers and tells nothing, for more than a day",
    truth: { cause: "old-at-vendor" },
    doing: "plugged",
    async inject(fleet, target, from) {
      const [row] = [(await fleet.stores.readings.latest([target.assetId], "charge")).get(target.assetId)];
      if (!row?.reading) throw new Error("it was read before");
      looks("one", () => ({ online: true }))(fleet, target, from);
      fleet.clock.advance(25 * HOUR_MS);
    },
  },
  {
    name: "its data lands under another stream",
    truth: { cause: "elsewhere" },
    doing: "plugged",
    inject: (fleet, { assetId }) =>
      fleet.trouble({
        readings: (sound) => ({
          ...sound,
          record: async (reading, reach) => {
            if (reading.assetId !== assetId) return sound.record(reading, reach);
            await sound.recordFailure(assetId, "heat", reach);
            return { stored: true, previous: undefined };
          },
        }),
      }),
  },
  {
    name: "its clock is a year ahead",
    truth: { cause: "quarantined" },
    doing: "plugged",
    inject: looks("one", ({ assetId }, _, at) => ({
      online: true,
      reading: charging({ assetId, observedAt: plusMs(at, 365 * 24 * HOUR_MS), receivedAt: at }),
    })),
  },
  {
    name: "its row is not written although its look succeeds",
    truth: { cause: "unknown" },
    doing: "plugged",
    inject: (fleet, { assetId }) =>
      fleet.trouble({
        readings: (sound) => ({
          ...sound,
          record: async (reading, reach) =>
            reading.assetId === assetId ? { stored: true, previous: undefined } : sound.record(reading, reach),
        }),
      }),
  },
  { name: "nothing, at rest", truth: { cause: "fresh" }, doing: "plugged", inject: () => {} },
  { name: "nothing, at work", truth: { cause: "fresh" }, doing: "charging", inject: () => {} },
  { name: "it fell asleep", truth: { cause: "fresh" }, doing: "asleep", inject: () => {} },
  {
    name: "one look in a while fails",
    truth: { cause: "fresh" },
    doing: "plugged",
    inject(fleet, target, from) {
      let looked = 0;
      looks("one", (_asset, sound) => {
        looked += 1;
        return looked === 2 ? fails("transient")() : sound();
      })(fleet, target, from);
    },
  },
];

/** How long somebody waits before asking: the asset's own turn has come twice, whatever it was doing. */
export function waitMinutes(random: Random): number {
  return 70 + Math.floor(random() * 50);
}
