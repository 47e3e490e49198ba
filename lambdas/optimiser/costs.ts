import { epochMs, HOUR_MS, type Instant } from "../../shared/domain/instant.ts";
import type { Slot } from "../../shared/domain/signal.ts";

/** The cost of energy over [startMs, endMs), epoch ms. */
export type CostSlot = {
  startMs: number;
  endMs: number;
  /** Price plus weighted carbon, pence per kWh; null where no price is known or can be estimated. */
  costPencePerKwh: number | null;
  pricePencePerKwh: number | null;
  carbonGramsPerKwh: number | null;
  /** The price is that of the same time on an earlier day. */
  estimated: boolean;
};

/** Slots from a moment on; one that has begun then is cut there. */
export function slotsFrom(slots: readonly CostSlot[], fromMs: number): CostSlot[] {
  return slots
    .filter((slot) => slot.endMs > fromMs)
    .map((slot) => ({ ...slot, startMs: Math.max(slot.startMs, fromMs) }));
}

/** Slots until a moment; one that goes on after it is cut there. */
export function slotsUntil(slots: readonly CostSlot[], untilMs: number): CostSlot[] {
  return slots
    .filter((slot) => slot.startMs < untilMs)
    .map((slot) => ({ ...slot, endMs: Math.min(slot.endMs, untilMs) }));
}

/** Slots cut at every whole multiple of `stepMs`. */
export function cutEvery(slots: readonly CostSlot[], stepMs: number): CostSlot[] {
  return slots.flatMap((slot) => {
    const parts: CostSlot[] = [];
    for (let startMs = slot.startMs; startMs < slot.endMs; ) {
      const endMs = Math.min(slot.endMs, (Math.floor(startMs / stepMs) + 1) * stepMs);
      parts.push({ ...slot, startMs, endMs });
      startMs = endMs;
    }
    return parts;
  });
}

const DAY_MS = 24 * HOUR_MS;
// One missing day is filled from the day before; after two, yesterday's shape says too little.
const ESTIMATE_DAYS = 2;

/**
 * Lays prices and carbon over [from, to) and fills what is not published with the same time of an earlier day, marked.
 * `carbonWeightPencePerKg` is what avoiding a kilogram of CO2 is worth. Carbon that is unknown counts as nothing.
 */
export function costSlots(input: {
  price: readonly Slot[];
  carbon: readonly Slot[];
  from: Instant;
  to: Instant;
  carbonWeightPencePerKg: number;
}): CostSlot[] {
  const [fromMs, toMs] = [epochMs(input.from), epochMs(input.to)];
  const [prices, carbons] = [seriesOf(input.price), seriesOf(input.carbon)];
  const [priceAt, carbonAt] = [prices.at, carbons.at];
  const result: CostSlot[] = [];
  const within = [...prices.edgesMs, ...carbons.edgesMs].filter((at) => at > fromMs && at < toMs);
  const edges = [...new Set([fromMs, toMs, ...within])].sort((a, b) => a - b);
  for (let i = 0; i + 1 < edges.length; i++) {
    const [startMs, endMs] = [edges[i] ?? toMs, edges[i + 1] ?? toMs];
    const price = priceAt(startMs);
    const carbon = carbonAt(startMs);
    const carbonPence = ((carbon?.value ?? 0) / 1000) * input.carbonWeightPencePerKg;
    result.push({
      startMs,
      endMs,
      costPencePerKwh: price ? price.value + carbonPence : null,
      pricePencePerKwh: price?.value ?? null,
      carbonGramsPerKwh: carbon?.value ?? null,
      estimated: price?.estimated ?? false,
    });
  }
  return result;
}

type Series = {
  /** Every moment where a value, or the earlier value standing in for it, may change, epoch ms. */
  edgesMs: number[];
  at: (atMs: number) => { value: number; estimated: boolean } | undefined;
};

/** Everybody who is planned at one time asks the same lists. */
const known = new WeakMap<readonly Slot[], Series>();

function seriesOf(slots: readonly Slot[]): Series {
  const series = known.get(slots) ?? seriesOfSlots(slots);
  known.set(slots, series);
  return series;
}

function seriesOfSlots(slots: readonly Slot[]): Series {
  const spans = slots
    .map((slot) => ({ startMs: epochMs(slot.startsAt), endMs: epochMs(slot.endsAt), value: slot.value }))
    .sort((a, b) => a.startMs - b.startMs);
  const covering = (atMs: number) => {
    let [low, high] = [0, spans.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((spans[middle]?.startMs ?? 0) <= atMs) low = middle + 1;
      else high = middle;
    }
    const span = spans[low - 1];
    return span && atMs < span.endMs ? span.value : undefined;
  };
  const edges = new Set<number>();
  for (const { startMs, endMs } of spans) {
    for (let day = 0; day <= ESTIMATE_DAYS; day++) edges.add(startMs + day * DAY_MS).add(endMs + day * DAY_MS);
  }
  return {
    edgesMs: [...edges],
    at: (atMs) => {
      for (let day = 0; day <= ESTIMATE_DAYS; day++) {
        const value = covering(atMs - day * DAY_MS);
        if (value !== undefined) return { value, estimated: day > 0 };
      }
      return undefined;
    },
  };
}
