import type { z } from "zod";
import { epochMs, type Instant, instant, MINUTE_MS } from "../../shared/domain/instant.ts";
import type { Slot, SlotKind } from "../../shared/domain/signal.ts";
import type { Span } from "./source.ts";

const HALF_HOUR_MS = 30 * MINUTE_MS;

type Stretch = { startsAt: Instant; endsAt: Instant | null };

/** Why a stretch cannot become half-hourly slots; undefined when it can. */
export function refusal({ startsAt, endsAt }: Stretch): string | undefined {
  if (endsAt !== null && endsAt <= startsAt) return "it ends before it starts";
  const edges = endsAt === null ? [startsAt] : [startsAt, endsAt];
  // Off the grid, two slots could overlap in the store without having the same key.
  return edges.every((edge) => epochMs(edge) % HALF_HOUR_MS === 0) ? undefined : "it does not lie on half-hours";
}

/**
 * The half-hours of a stretch that lie inside `span`, each with the same value. A stretch without an end lasts as long
 * as the span. Cutting keeps every stored slot short enough for the store's reads, whatever the tariff publishes.
 */
export function halfHours(
  stretch: Stretch,
  span: Span,
  fact: { value: number; kind: z.infer<typeof SlotKind>; issuedAt: Instant },
): Slot[] {
  const first = Math.max(epochMs(stretch.startsAt), epochMs(span.from));
  const end = Math.min(stretch.endsAt === null ? Number.POSITIVE_INFINITY : epochMs(stretch.endsAt), epochMs(span.to));
  const slots: Slot[] = [];
  for (let ms = first; ms < end; ms += HALF_HOUR_MS) {
    slots.push({ startsAt: instant(ms), endsAt: instant(ms + HALF_HOUR_MS), ...fact });
  }
  return slots;
}

/** One slot for each start, in time order; of two with the same start the later in the list stands. */
export function lastOfEachStart(slots: readonly Slot[]): Slot[] {
  const byStart = new Map(slots.map((slot) => [slot.startsAt, slot]));
  return [...byStart.values()].sort((a, b) => (a.startsAt < b.startsAt ? -1 : 1));
}
