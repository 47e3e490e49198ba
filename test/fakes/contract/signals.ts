import { describe, expect, it } from "vitest";
import type { StampedEvent } from "../../../shared/domain/events.ts";
import { HOUR_MS } from "../../../shared/domain/instant.ts";
import { seriesId } from "../../../shared/domain/signal.ts";
import { at, slotsFrom } from "../../builders.ts";
import { fresh, type Stores } from "./stores.ts";

export function signalsContract(stores: () => Stores): void {
  describe("signals", () => {
    const values = async (series: ReturnType<typeof seriesId>, from: string, to: string) =>
      (await stores().signals.slots(series, at(from), at(to))).map((slot) => slot.value);

    it("gives the slots that touch a span, in order, and none of another series", async () => {
      const { signals } = stores();
      const [series, other] = [seriesId(fresh("feed"), "C"), seriesId(fresh("feed"), "C")];
      const slots = slotsFrom("2026-11-20T18:00Z", [1, 2, 3, 4, 5, 6]);
      await signals.putSlots(series, [...slots].reverse());
      await signals.putSlots(other, slotsFrom("2026-11-20T18:00Z", [9]));
      expect(await signals.slots(series, at("2026-11-20T18:00Z"), at("2026-11-20T21:00Z"))).toEqual(slots);
      expect(await values(series, "2026-11-20T18:30Z", "2026-11-20T19:30Z")).toEqual([2, 3]);
      expect(await values(series, "2026-11-20T18:59Z", "2026-11-20T19:01Z")).toEqual([2, 3]);
    });

    it("gives an hourly slot that began before the span", async () => {
      const series = seriesId(fresh("feed"), "C");
      await stores().signals.putSlots(series, slotsFrom("2026-11-20T18:00Z", [1, 2], HOUR_MS));
      expect(await values(series, "2026-11-20T18:59Z", "2026-11-20T19:00Z")).toEqual([1]);
    });

    it("writes over a slot with the same start", async () => {
      const series = seriesId(fresh("feed"), "C");
      await stores().signals.putSlots(series, slotsFrom("2026-11-20T18:00Z", [1, 2]));
      await stores().signals.putSlots(series, slotsFrom("2026-11-20T18:30Z", [7]));
      expect(await values(series, "2026-11-20T18:00Z", "2026-11-20T19:00Z")).toEqual([1, 7]);
    });

    it("keeps what is owed until it is told, oldest first", async () => {
      const { signals } = stores();
      const owe = (occurredAt: string): StampedEvent => {
        const [from, to] = [at("2026-11-20T18:00Z"), at("2026-11-20T19:00Z")];
        const detail = { series: fresh("feed"), measure: "price" as const, from, to, changedSlots: 2 };
        return { name: "SignalUpdated", detail, eventId: fresh("an-event"), occurredAt: at(occurredAt) };
      };
      const [late, early] = [owe("2026-11-20T18:31Z"), owe("2026-11-20T18:01Z")];
      for (const event of [late, early, early]) await signals.owe(event);
      expect(new Set(await signals.owed())).toEqual(new Set([early, late]));
      expect((await signals.owed())[0]).toEqual(early);
      await signals.told(early);
      expect(await signals.owed()).toEqual([late]);
      await signals.told(late);
      await signals.told(late);
      expect(await signals.owed()).toEqual([]);
    });

    it("writes and reads more slots than one call holds", async () => {
      const series = seriesId(fresh("feed"), "C");
      const many = Array.from({ length: 60 }, (_, index) => index);
      await stores().signals.putSlots(series, slotsFrom("2026-11-20T00:00Z", many));
      expect(await values(series, "2026-11-20T00:00Z", "2026-11-22T00:00Z")).toEqual(many);
    });
  });
}
