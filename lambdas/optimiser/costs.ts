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
  const priceAt = seriesLookup(input.price);
  const carbonAt = seriesLookup(input.carbon);
  const result: CostSlot[] = [];
  const edges = edgesOf([...input.price, ...input.carbon], fromMs, toMs);
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

/** Every moment in [fromMs, toMs] where a value, or the earlier value standing in for it, may change. */
function edgesOf(slots: readonly Slot[], fromMs: number, toMs: number): number[] {
  const edges = new Set([fromMs, toMs]);
  for (const slot of slots) {
    for (const edge of [epochMs(slot.startsAt), epochMs(slot.endsAt)]) {
      for (let days = 0; days <= ESTIMATE_DAYS; days++) {
        const at = edge + days * DAY_MS;
        if (at > fromMs && at < toMs) edges.add(at);
      }
    }
  }
  return [...edges].sort((a, b) => a - b);
}

function seriesLookup(slots: readonly Slot[]): (atMs: number) => { value: number; estimated: boolean } | undefined {
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
  return (atMs) => {
    for (let days = 0; days <= ESTIMATE_DAYS; days++) {
      const value = covering(atMs - days * DAY_MS);
      if (value !== undefined) return { value, estimated: days > 0 };
    }
    return undefined;
  };
}
