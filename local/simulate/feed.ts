import type { SignalSource } from "../../lambdas/signals/source.ts";
import { epochMs, instant } from "../../shared/domain/instant.ts";
import type { SeriesId, Slot } from "../../shared/domain/signal.ts";
import { VendorError } from "../../shared/errors.ts";
import { seededRandom } from "../random.ts";
import { CARBON, PRICE } from "./common.ts";
import { effect, type Invocation, type World } from "./lambda.ts";

const HALF_HOUR_MS = 1_800_000;

/** Prices and carbon of a seed: dear evenings, cheap nights, and forecasts that change by the half-hour. */
export function feedsOf(world: World, seed: number): (invocation: Invocation) => SignalSource[] {
  const value = (series: string, slotMs: number, round: number): number => {
    const hour = (slotMs / 3_600_000) % 24;
    const noise = seededRandom(seed ^ (slotMs / HALF_HOUR_MS) ^ (series === PRICE ? 0 : 0xca4b07))();
    const drift = series === PRICE ? 0 : Math.floor(round / 6) % 3;
    const evening = hour >= 16 && hour < 20 ? 18 : 0;
    const night = hour < 6 ? -9 : 0;
    const shape = 20 + evening + night + noise * 8;
    return series === PRICE ? Math.round(shape * 100) / 100 : Math.round(shape * 8 + drift * 3);
  };
  return (invocation) =>
    ([PRICE, CARBON] satisfies SeriesId[]).map((series) => ({
      series,
      measure: series === PRICE ? "price" : "carbon",
      dayZone: series === PRICE ? "Europe/London" : "UTC",
      fetchSlots: (span, issuedAt) =>
        effect(world, invocation, {
          place: "feed",
          what: `fetches ${series}`,
          latencyMs: 200 + world.engine.random() * 800,
          act: (strike) => {
            if (strike?.kind === "refused")
              throw new VendorError({ fault: "vendor-outage", operation: "feed", message: "HTTP 502" });
            const slots: Slot[] = [];
            for (let ms = epochMs(span.from); ms < epochMs(span.to); ms += HALF_HOUR_MS) {
              slots.push({
                startsAt: instant(ms),
                endsAt: instant(ms + HALF_HOUR_MS),
                value: value(series, ms, Math.floor(epochMs(issuedAt) / HALF_HOUR_MS)),
                kind: series === PRICE ? "actual" : "forecast",
                issuedAt,
              });
            }
            return { slots, dropped: [] };
          },
        }),
    }));
}
