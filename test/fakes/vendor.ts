import type { Action } from "../../shared/domain/command.ts";
import { epochMs, HOUR_MS, type Instant, plusMs } from "../../shared/domain/instant.ts";
import { VendorError } from "../../shared/errors.ts";
import type { Look, VendorClient } from "../../shared/integration/contract.ts";

/** How the vendor treats a command: does it, does it but the answer is lost, or says 200 and does nothing. */
type Treatment = "does" | "loses-answer" | "ignores";

type FakeCar = {
  plugged: boolean;
  charging: boolean;
  storedKwh: number;
  currentLimitA: number;
};

export type FakeVendor = VendorClient & {
  car: FakeCar;
  /** The car falls asleep; `prepare` wakes it in half a minute, a look does not. */
  sleep(): void;
  /** Commands that reached the car's vendor, in order. */
  received: { at: Instant; action: Action; treatment: Treatment }[];
  /** Treatments of the next commands; after them the vendor does what it is told. */
  next: Treatment[];
  /** When energy flowed, kWh for each half-hour by its start. */
  delivered: Map<Instant, number>;
};

const CAPACITY_KWH = 60;
const EFFICIENCY = 0.92;
const POWER_PER_AMPERE_KW = 0.23;
const WAKE_MS = 30_000;
const STEP_MS = 30_000;
const LIMIT_PERCENT = 90;

/** A vendor's cloud with one car: exact energy, a car that sleeps, and treatments on demand. */
export function fakeVendor(now: () => Instant): FakeVendor {
  let metered = now();
  let asleep = false;
  let awakeAt: Instant | undefined;
  const isAsleep = () => {
    if (awakeAt && awakeAt <= now()) asleep = false;
    return asleep;
  };
  const vendor: FakeVendor = {
    car: { plugged: true, charging: false, storedKwh: 30, currentLimitA: 32 },
    received: [],
    next: [],
    delivered: new Map(),
    sleep() {
      asleep = true;
      awakeAt = undefined;
    },
    async look(): Promise<Look> {
      meter();
      const { plugged, charging, storedKwh, currentLimitA } = vendor.car;
      if (isAsleep()) return { online: false };
      return {
        online: true,
        reading: {
          assetId: "car-0001",
          stream: "charge",
          observedAt: now(),
          receivedAt: now(),
          state: !plugged ? "disconnected" : charging ? "charging" : "stopped",
          plugged,
          powerKw: charging ? currentLimitA * POWER_PER_AMPERE_KW : 0,
          socPercent: Math.floor((100 * storedKwh) / CAPACITY_KWH),
          storedKwh,
          sessionKwh: null,
          chargeLimitPercent: LIMIT_PERCENT,
          currentLimitA,
          ownScheduleActive: false,
        },
      };
    },
    async prepare() {
      if (!isAsleep()) return { ready: true };
      awakeAt ??= plusMs(now(), WAKE_MS);
      return { ready: false, waitMs: WAKE_MS };
    },
    async command(_target, action) {
      meter();
      const treatment = vendor.next.shift() ?? "does";
      vendor.received.push({ at: now(), action, treatment });
      if (treatment !== "ignores") {
        vendor.car.charging = action.kind === "charge.start" && vendor.car.plugged;
        if (action.kind === "charge.start") vendor.car.currentLimitA = action.currentA;
      }
      if (treatment === "loses-answer") {
        throw new VendorError({ fault: "transient", operation: "command", message: "no answer", mayHaveActed: true });
      }
      return { withoutEffect: false };
    },
  };
  const meter = () => {
    for (; metered < now(); metered = plusMs(metered, STEP_MS)) {
      const { car, delivered } = vendor;
      if (!car.charging || car.storedKwh >= (LIMIT_PERCENT / 100) * CAPACITY_KWH) continue;
      const kwh = (car.currentLimitA * POWER_PER_AMPERE_KW * STEP_MS) / HOUR_MS;
      car.storedKwh += kwh * EFFICIENCY;
      const halfHour = plusMs(metered, -(epochMs(metered) % (HOUR_MS / 2)));
      delivered.set(halfHour, (delivered.get(halfHour) ?? 0) + kwh);
    }
  };
  return vendor;
}
