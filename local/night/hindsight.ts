import { type CostSlot, costSlots } from "../../lambdas/optimiser/costs.ts";
import { plan } from "../../lambdas/optimiser/plan.ts";
import { powerOfCurrent } from "../../shared/domain/asset.ts";
import { epochMs, instant, MINUTE_MS } from "../../shared/domain/instant.ts";
import type { Slot } from "../../shared/domain/signal.ts";
import type { PowerInterval } from "../../shared/integration/simulation.ts";
import { maxPowerKw, type NightCar } from "./cars.ts";

/** Energy, and what it cost and emitted. */
export type Bill = { energyKwh: number; costPence: number; carbonGrams: number };

/** The true prices and carbon of the night; where the record has a hole, the value before it stands in. */
export class TrueSignals {
  readonly #price: readonly Slot[];
  readonly #carbon: readonly Slot[];

  constructor(price: readonly Slot[], carbon: readonly Slot[]) {
    this.#price = withoutHoles(price);
    this.#carbon = withoutHoles(carbon);
  }

  slots(fromMs: number, toMs: number, carbonWeightPencePerKg: number): CostSlot[] {
    return costSlots({
      price: this.#price,
      carbon: this.#carbon,
      from: instant(fromMs),
      to: instant(toMs),
      carbonWeightPencePerKg,
    });
  }

  /** What energy drawn in these intervals cost and emitted. */
  bill(intervals: readonly PowerInterval[]): Bill {
    const bill = { energyKwh: 0, costPence: 0, carbonGrams: 0 };
    for (const interval of intervals) {
      if (interval.endsAtMs <= interval.startsAtMs || interval.powerKw === 0) continue;
      for (const slot of this.slots(interval.startsAtMs, interval.endsAtMs, 0)) {
        const kwh = (interval.powerKw * (slot.endMs - slot.startMs)) / 3_600_000;
        bill.energyKwh += kwh;
        bill.costPence += kwh * (slot.pricePencePerKwh ?? 0);
        bill.carbonGrams += kwh * (slot.carbonGramsPerKwh ?? 0);
      }
    }
    return bill;
  }
}

/** Full power from plug-in until the energy is in, or the car leaves. */
export function chargeNow(car: NightCar, signals: TrueSignals): Bill {
  const fullMs = (car.session.energyKwh / maxPowerKw(car)) * 3_600_000;
  const endsAtMs = Math.min(car.session.arrivesAtMs + fullMs, car.readyByMs);
  return signals.bill([{ startsAtMs: car.session.arrivesAtMs, endsAtMs, powerKw: maxPowerKw(car) }]);
}

/** The cheapest that anybody could have done for this car under the same limits, knowing everything from plug-in. */
export function hindsight(car: NightCar, signals: TrueSignals): Bill {
  const { asset, session, socOnArrivalPercent } = car;
  const { chargeNowToPercent, carbonWeightPencePerKg } = asset.preferences;
  const nowKwh =
    (Math.max(0, chargeNowToPercent - socOnArrivalPercent) / 100) *
    (asset.battery.capacityKwh / asset.battery.chargeEfficiency);
  const best = plan({
    energyKwh: session.energyKwh,
    nowKwh,
    maxPowerKw: maxPowerKw(car),
    minPowerKw: powerOfCurrent(asset.supply, asset.supply.minCurrentA),
    slots: signals.slots(session.arrivesAtMs, car.readyByMs, carbonWeightPencePerKg),
    reserveMs: 0,
    runMs: 10 * MINUTE_MS,
    isCharging: false,
  });
  return signals.bill(
    best.windows.map((window) => ({
      startsAtMs: epochMs(window.startsAt),
      endsAtMs: epochMs(window.endsAt),
      powerKw: window.powerKw,
    })),
  );
}

function withoutHoles(slots: readonly Slot[]): Slot[] {
  const filled: Slot[] = [];
  for (const slot of slots) {
    const before = filled.at(-1);
    if (before && before.endsAt < slot.startsAt)
      filled.push({ ...before, startsAt: before.endsAt, endsAt: slot.startsAt });
    filled.push(slot);
  }
  return filled;
}
