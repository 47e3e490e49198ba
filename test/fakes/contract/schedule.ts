import { describe, expect, it } from "vitest";
import { at } from "../../builders.ts";
import { fresh, freshIds, type Stores } from "./stores.ts";

export function scheduleContract(stores: () => Stores): void {
  describe("the schedule", () => {
    it("holds the members of each integration, each once", async () => {
      const { schedule } = stores();
      const [mine, other] = [fresh("vendor"), fresh("vendor")];
      const ids = freshIds("car", 5);
      for (const assetId of [...ids, ids[0] ?? ""]) {
        await schedule.addMember({ integration: mine, assetId, stream: "charge" });
      }
      await schedule.addMember({ integration: other, assetId: fresh("car"), stream: "charge" });
      const members = await schedule.members();
      expect(members.filter((member) => member.integration === mine)).toEqual(
        ids.map((assetId) => ({ integration: mine, assetId, stream: "charge" })),
      );
      expect(members.filter((member) => member.integration === other)).toHaveLength(1);
    });

    it("lets a minute be claimed once, by one of several at the same time", async () => {
      const { schedule } = stores();
      const vendor = fresh("vendor");
      const run = { tickAt: at("2026-11-20T18:00Z"), assetIds: freshIds("car", 2) };
      const claims = await Promise.all([1, 2, 3].map(() => schedule.claimRun(vendor, run)));
      expect(claims.filter(Boolean)).toHaveLength(1);
      expect(await schedule.claimRun(vendor, { ...run, assetIds: [] })).toBe(false);
      expect(await schedule.runs(vendor, run.tickAt)).toEqual([run]);
    });

    it("lets another integration claim the same minute", async () => {
      const { schedule } = stores();
      const run = { tickAt: at("2026-11-20T18:00Z"), assetIds: [] };
      expect(await schedule.claimRun(fresh("vendor"), run)).toBe(true);
      expect(await schedule.claimRun(fresh("vendor"), run)).toBe(true);
    });

    it("gives the runs since a moment, that moment included, in order", async () => {
      const { schedule } = stores();
      const vendor = fresh("vendor");
      const minutes = ["18:00", "17:58", "17:59", "18:01", "18:02"].map((time) => at(`2026-11-20T${time}Z`));
      for (const tickAt of minutes) await schedule.claimRun(vendor, { tickAt, assetIds: [] });
      expect((await schedule.runs(vendor, at("2026-11-20T17:59Z"))).map((run) => run.tickAt)).toEqual([
        "2026-11-20T17:59:00.000Z",
        "2026-11-20T18:00:00.000Z",
        "2026-11-20T18:01:00.000Z",
        "2026-11-20T18:02:00.000Z",
      ]);
    });

    it("lets a batch be taken once, even after it was finished", async () => {
      const { schedule } = stores();
      const vendor = fresh("vendor");
      const now = at("2026-11-20T18:00:01Z");
      const claims = await Promise.all([1, 2, 3].map(() => schedule.claimBatch(vendor, "tick#charge#0", now)));
      expect(claims.filter(Boolean)).toHaveLength(1);
      await schedule.finishBatch(vendor, "tick#charge#0", { ok: 3, failed: 1, finishedAt: now });
      expect(await schedule.claimBatch(vendor, "tick#charge#0", now)).toBe(false);
      expect(await schedule.claimBatch(vendor, "tick#charge#1", now)).toBe(true);
      expect(await schedule.claimBatch(fresh("vendor"), "tick#charge#0", now)).toBe(true);
    });
  });
}
