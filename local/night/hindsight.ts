import { type CostSlot, costSlots } from "../../lambdas/optimiser/costs.ts";
import { plan } from "../../lambdas/optimiser/plan.ts";
import { epochMs, HOUR_MS, instant, plusMs } from "../../shared/domain/instant.ts";
import type { Slot } from "../../shared/domain/signal.ts";
import type { PowerInterval } from "../../shared/integration/simulation.ts";
import type { Bill } from "./bill.ts";
import { maxPowerKw, type NightStay, nowKwh } from "./stays.ts";

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

  /** The same, of what was drawn within [fromMs, toMs). */
  billWithin(intervals: readonly PowerInterval[], fromMs: number, toMs: number): Bill {
    return this.bill(
      intervals.map((one) => ({
        ...one,
        startsAtMs: Math.max(one.startsAtMs, fromMs),
        endsAtMs: Math.min(one.endsAtMs, toMs),
      })),
    );
  }
}

/** Full power from plug-in until the energy is in, or the car leaves. */
export function chargeNow(stay: NightStay, signals: TrueSignals): Bill {
  const { arrivesAtMs, energyKwh } = stay.session;
  const fullMs = (energyKwh / maxPowerKw(stay)) * HOUR_MS;
  const endsAtMs = Math.min(arrivesAtMs + fullMs, stay.readyByMs);
  return signals.bill([{ startsAtMs: arrivesAtMs, endsAtMs, powerKw: maxPowerKw(stay) }]);
}

/**
 * The least that this stay's energy can cost, knowing everything from plug-in: any power from nothing to the most, for as
 * short as one likes. A car cannot quite do that (6 A at least, no tiny runs), so no real charging is below it.
 */
export function hindsight(stay: NightStay, signals: TrueSignals): Bill {
  const { asset, session, readyByMs } = stay;
  const best = plan({
    energyKwh: session.energyKwh,
    nowKwh: nowKwh(stay),
    maxPowerKw: maxPowerKw(stay),
    minPowerKw: 0,
    slots: signals.slots(session.arrivesAtMs, readyByMs, asset.preferences.carbonWeightPencePerKg),
    reserveMs: 0,
    // No shortest run: with one as long as the stay the plan leaves slots whole, and without a least power that is exact.
    runMs: readyByMs - session.arrivesAtMs,
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
