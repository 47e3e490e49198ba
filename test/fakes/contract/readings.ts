import { describe, expect, it } from "vitest";
import type { ToTell } from "../../../shared/store/readings.ts";
import { aReach, aReading, at } from "../../builders.ts";
import { fresh, freshIds, type Stores } from "./stores.ts";

export function readingsContract(stores: () => Stores): void {
  describe("readings", () => {
    const first = (assetId: string) => aReading({ assetId, observedAt: at("2026-11-20T18:00Z"), socPercent: 50 });
    const second = (assetId: string) => aReading({ assetId, observedAt: at("2026-11-20T18:05Z"), socPercent: 51 });
    const latestOf = async (assetId: string) => (await stores().readings.latest([assetId], "charge")).get(assetId);

    it("stores a first reading and says that there was none before", async () => {
      const assetId = fresh("car");
      const reach = aReach("2026-11-20T18:00:05Z");
      expect(await stores().readings.record(first(assetId), reach)).toEqual({ stored: true, previous: undefined });
      expect(await latestOf(assetId)).toEqual({ reading: first(assetId), reach });
    });

    it("replaces a reading by a newer one and gives back the previous", async () => {
      const assetId = fresh("car");
      await stores().readings.record(first(assetId), aReach("2026-11-20T18:00:05Z"));
      expect(await stores().readings.record(second(assetId), aReach("2026-11-20T18:05:05Z"))).toEqual({
        stored: true,
        previous: first(assetId),
      });
      expect((await latestOf(assetId))?.reading).toEqual(second(assetId));
    });

    it("never lets an older reading overwrite a newer one, but notes that the asset was reached", async () => {
      const assetId = fresh("car");
      await stores().readings.record(second(assetId), aReach("2026-11-20T18:05:05Z"));
      const late = aReach("2026-11-20T18:06:00Z");
      expect(await stores().readings.record(first(assetId), late)).toEqual({
        stored: false,
        previous: second(assetId),
      });
      expect(await latestOf(assetId)).toEqual({ reading: second(assetId), reach: late });
    });

    it("keeps the first of two readings made at the same moment", async () => {
      const assetId = fresh("car");
      await stores().readings.record(first(assetId), aReach("2026-11-20T18:00:05Z"));
      const twin = { ...first(assetId), socPercent: 99 };
      expect(await stores().readings.record(twin, aReach("2026-11-20T18:00:09Z"))).toEqual({
        stored: false,
        previous: first(assetId),
      });
      expect((await latestOf(assetId))?.reading).toMatchObject({ socPercent: 50 });
    });

    it("keeps null as null: unknown is not zero", async () => {
      const assetId = fresh("car");
      const unknown = aReading({ assetId, powerKw: null, socPercent: null, state: null, plugged: null });
      await stores().readings.record(unknown, aReach("2026-11-20T18:00:05Z"));
      expect((await latestOf(assetId))?.reading).toEqual(unknown);
    });

    it("lets the reading stand when an attempt fails, and knows the failure", async () => {
      const assetId = fresh("car");
      await stores().readings.record(first(assetId), aReach("2026-11-20T18:00:05Z"));
      const failed = aReach("2026-11-20T18:20:00Z", { online: null, failures: 2, faultClass: "vendor-outage" });
      await stores().readings.recordFailure(assetId, "charge", failed);
      expect(await latestOf(assetId)).toEqual({ reading: first(assetId), reach: failed });
    });

    it("knows a failure of an asset that never answered, and then takes its first reading", async () => {
      const assetId = fresh("car");
      const failed = aReach("2026-11-20T17:59:00Z", { online: false, failures: 1, faultClass: "device-offline" });
      await stores().readings.recordFailure(assetId, "charge", failed);
      expect(await latestOf(assetId)).toEqual({ reading: undefined, reach: failed });
      expect(await stores().readings.record(first(assetId), aReach("2026-11-20T18:00:05Z"))).toEqual({
        stored: true,
        previous: undefined,
      });
    });

    it("keeps that a reading is to be told of, whatever comes next, until it or a newer one was", async () => {
      const { readings } = stores();
      const assetId = fresh("car");
      const isUntold = async () => (await latestOf(assetId))?.untoldBy !== undefined;
      await readings.record(first(assetId), aReach("2026-11-20T18:00:05Z"));
      expect(await isUntold()).toBe(false);
      await readings.record(second(assetId), aReach("2026-11-20T18:05:05Z"), { untoldBy: "batch-1" });
      expect(await isUntold()).toBe(true);
      await readings.recordFailure(assetId, "charge", aReach("2026-11-20T18:06:00Z", { failures: 1 }));
      await readings.told(first(assetId));
      const third = aReading({ assetId, observedAt: at("2026-11-20T18:10Z") });
      await readings.record(third, aReach("2026-11-20T18:10:05Z"));
      expect(await isUntold()).toBe(true);
      await readings.told(third);
      expect(await isUntold()).toBe(false);
      await readings.told(third);
      expect(await latestOf(assetId)).toEqual({ reading: third, reach: aReach("2026-11-20T18:10:05Z") });
    });

    it("counts a reading as stored that the same hand wrote already, for an answer may be lost", async () => {
      const { readings } = stores();
      const assetId = fresh("car");
      const write = (untoldBy: string) => readings.record(first(assetId), aReach("2026-11-20T18:00:05Z"), { untoldBy });
      await write("batch-1");
      expect(await write("batch-1")).toEqual({ stored: true, previous: undefined });
      expect(await write("batch-2")).toEqual({ stored: false, previous: first(assetId) });
    });

    it("drops the note with the next reading once whom it names has told, and no other's note", async () => {
      const { readings } = stores();
      const assetId = fresh("car");
      const minute = (n: number) => at(`2026-11-20T18:${String(n).padStart(2, "0")}Z`);
      const record = (n: number, note?: ToTell) =>
        readings.record(aReading({ assetId, observedAt: minute(n) }), aReach(minute(n)), note);
      const untoldBy = async () => (await latestOf(assetId))?.untoldBy;
      await record(1, { toldBy: "batch-0" });
      await record(2, { untoldBy: "batch-1" });
      expect(await record(3, { toldBy: "batch-0" })).toMatchObject({ stored: true });
      expect(await untoldBy()).toBe("batch-1");
      expect(await record(2, { toldBy: "batch-1" })).toMatchObject({ stored: false });
      expect(await untoldBy()).toBe("batch-1");
      await record(4, { untoldBy: "batch-2", toldBy: "batch-1" });
      expect(await untoldBy()).toBe("batch-2");
      await record(5, { toldBy: "batch-2" });
      expect(await latestOf(assetId)).toEqual({
        reading: aReading({ assetId, observedAt: minute(5) }),
        reach: aReach(minute(5)),
      });
    });

    it("leaves out assets never fetched, and reads more than a hundred in one go", async () => {
      const ids = freshIds("car", 103);
      await Promise.all(ids.map((id) => stores().readings.record(first(id), aReach("2026-11-20T18:00:05Z"))));
      const latest = await stores().readings.latest([...ids, fresh("nobody")], "charge");
      expect([...latest.keys()].sort()).toEqual([...ids].sort());
    });
  });
}
