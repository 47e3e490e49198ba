import { type CostSlot, costSlots } from "../../lambdas/optimiser/costs.ts";
import { plan } from "../../lambdas/optimiser/plan.ts";
import { epochMs, HOUR_MS, instant, plusMs } from "../../shared/domain/instant.ts";
import type { Slot } from "../../shared/domain/signal.ts";
import type { PowerInterval } from "../../shared/integration/simulation.ts";
import { maxPowerKw, type NightCar } from "./cars.ts";

/** Energy, and what it cost and emitted. */
export type Bill = { energyKwh: number; costPence: number; carbonGrams: number };

/** What is before the record's first value or after its last is taken for that value, this far. */
const BEYOND_MS = 7 * 24 * HOUR_MS;

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
    const drawn = intervals.filter((one) => one.endsAtMs > one.startsAtMs && one.powerKw !== 0);
    if (drawn.length === 0) return bill;
    const [firstMs, lastMs] = [drawn.map((one) => one.startsAtMs), drawn.map((one) => one.endsAtMs)];
    const slots = this.slots(Math.min(...firstMs), Math.max(...lastMs), 0);
    for (const interval of drawn) {
      for (const slot of slots) {
        const overlapMs = Math.min(interval.endsAtMs, slot.endMs) - Math.max(interval.startsAtMs, slot.startMs);
        if (overlapMs <= 0) continue;
        const kwh = (interval.powerKw * overlapMs) / HOUR_MS;
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
  const fullMs = (car.session.energyKwh / maxPowerKw(car)) * HOUR_MS;
  const endsAtMs = Math.min(car.session.arrivesAtMs + fullMs, car.readyByMs);
  return signals.bill([{ startsAtMs: car.session.arrivesAtMs, endsAtMs, powerKw: maxPowerKw(car) }]);
}

/**
 * The least that this car's energy can cost, knowing everything from plug-in: any power from nothing to the most, for as
 * short as one likes. A car cannot quite do that (6 A at least, no tiny runs), so no real charging is below it.
 */
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
    minPowerKw: 0,
    slots: signals.slots(session.arrivesAtMs, car.readyByMs, carbonWeightPencePerKg),
    reserveMs: 0,
    // No shortest run: with one as long as the stay the plan leaves slots whole, and without a least power that is exact.
    runMs: car.readyByMs - session.arrivesAtMs,
    isCharging: false,
  });
  return signals.bill(
    best.windows.map(({ startsAt, endsAt, energyKwh }) => {
      const [startsAtMs, endsAtMs] = [epochMs(startsAt), epochMs(endsAt)];
      return { startsAtMs, endsAtMs, powerKw: (energyKwh * HOUR_MS) / (endsAtMs - startsAtMs) };
    }),
  );
}

function withoutHoles(slots: readonly Slot[]): Slot[] {
  const [first, last] = [slots[0], slots.at(-1)];
  if (!first || !last) return [];
  const filled: Slot[] = [{ ...first, startsAt: plusMs(first.startsAt, -BEYOND_MS), endsAt: first.startsAt }];
  for (const slot of slots) {
    const before = filled.at(-1);
    if (before && before.endsAt < slot.startsAt)
      filled.push({ ...before, startsAt: before.endsAt, endsAt: slot.startsAt });
    filled.push(slot);
  }
  return [...filled, { ...last, startsAt: last.endsAt, endsAt: plusMs(last.endsAt, BEYOND_MS) }];
}
