import { describe, expect, it } from "vitest";
import { MINUTE_MS, plusMs } from "../../../shared/domain/instant.ts";
import { slotOf } from "../../../shared/domain/wheel.ts";
import type { DueLook, Member, RunClaim } from "../../../shared/store/schedule.ts";
import { batchKey } from "../../../shared/store/schedule-rows.ts";
import { at } from "../../builders.ts";
import { fresh, freshIds, type Stores } from "./stores.ts";

const SIX = at("2026-11-20T18:00Z");
const minute = (count: number) => plusMs(SIX, count * MINUTE_MS);

function aMember(changes: Partial<Member> = {}): Member {
  const [assetId] = freshIds("car", 1);
  return {
    integration: fresh("vendor"),
    assetId: assetId ?? "",
    accountId: "customer-0001",
    stream: "charge",
    periodMinutes: 15,
    ...changes,
  };
}
const aLook = (changes: Partial<DueLook> = {}): DueLook => ({
  ...aMember(),
  dueAt: SIX,
  setAt: minute(-5),
  why: "charging",
  ...changes,
});
const aRun = (changes: Partial<RunClaim> = {}): RunClaim => ({
  minute: SIX,
  part: "charge#15",
  attempt: 1,
  claimedAt: SIX,
  expected: 3,
  batches: 2,
  held: 0,
  ...changes,
});

export function scheduleContract(stores: () => Stores): void {
  describe("the wheel", () => {
    const inSlot = ({ integration, stream, periodMinutes, assetId }: Member) =>
      stores().schedule.slot(integration, stream, periodMinutes, slotOf(assetId, periodMinutes));

    it("has each member once in its slot, by integration, stream and period", async () => {
      const { schedule } = stores();
      const member = aMember({ periodMinutes: 1 });
      const others = freshIds("car", 4).map((assetId) => ({ ...member, assetId }));
      for (const one of [member, ...others, member]) await schedule.join(one);
      await schedule.join({ ...member, integration: fresh("vendor") });
      await schedule.join({ ...member, stream: "heat" });
      await schedule.join({ ...member, periodMinutes: 2 });
      expect(await inSlot(member)).toEqual([member, ...others]);
      expect(await schedule.slot(member.integration, "production", 1, 0)).toEqual([]);
    });

    it("lets a member leave", async () => {
      const { schedule } = stores();
      const member = aMember();
      await schedule.join(member);
      await schedule.leave(member);
      await schedule.leave(member);
      expect(await inSlot(member)).toEqual([]);
    });

    it("moves a member to another period, once", async () => {
      const { schedule } = stores();
      const member = aMember();
      const moved = { ...member, periodMinutes: 30 };
      await schedule.join(member);
      expect(await schedule.move(member, 30)).toBe(true);
      expect([await inSlot(member), await inSlot(moved)]).toEqual([[], [moved]]);
      expect(await schedule.move(member, 30)).toBe(false);
      expect(await schedule.move(member, 60)).toBe(false);
      expect(await inSlot({ ...member, periodMinutes: 60 })).toEqual([]);
      expect(await inSlot(moved)).toEqual([moved]);
    });

    it("finds a member on one of several periods", async () => {
      const { schedule } = stores();
      const member = aMember({ periodMinutes: 30 });
      await schedule.join(member);
      expect(await schedule.find(member, [15, 30])).toEqual(member);
      expect(await schedule.find(member, [15, 15])).toBeUndefined();
      expect(await schedule.find({ ...member, stream: "heat" }, [15, 30])).toBeUndefined();
    });
  });

  describe("the looks asked for", () => {
    it("are those of a minute and an integration, the last word on each asset and stream", async () => {
      const { schedule } = stores();
      const look = aLook();
      const others = freshIds("car", 2).map((assetId) => ({ ...look, assetId }));
      for (const one of [look, ...others]) await schedule.lookAt(one);
      await schedule.lookAt({ ...look, why: "command", dueAt: plusMs(SIX, 59_999) });
      await schedule.lookAt({ ...look, dueAt: minute(1) });
      await schedule.lookAt({ ...look, integration: fresh("vendor") });
      expect(await schedule.dueLooks(look.integration, SIX)).toEqual([
        { ...look, why: "command", dueAt: plusMs(SIX, 59_999) },
        ...others,
      ]);
      expect(await schedule.dueLooks(look.integration, minute(2))).toEqual([]);
    });
  });

  describe("the run ledger", () => {
    it("lets a part of a minute be claimed once, by one of several at the same time", async () => {
      const { schedule } = stores();
      const vendor = fresh("vendor");
      const claims = await Promise.all([1, 2, 3].map(() => schedule.claimRun(vendor, aRun())));
      expect(claims.filter(Boolean)).toHaveLength(1);
      expect(await schedule.claimRun(vendor, aRun({ expected: 0 }))).toBe(false);
      expect(await schedule.claimRun(vendor, aRun({ part: "charge#due" }))).toBe(true);
      expect(await schedule.claimRun(fresh("vendor"), aRun())).toBe(true);
      expect(await schedule.ledger(vendor, SIX)).toEqual([
        { ...aRun(), results: [] },
        { ...aRun({ part: "charge#due" }), results: [] },
      ]);
    });

    it("lets each further attempt be claimed once, after the one before it", async () => {
      const { schedule } = stores();
      const vendor = fresh("vendor");
      expect(await schedule.claimRun(vendor, aRun({ attempt: 2 }))).toBe(false);
      await schedule.claimRun(vendor, aRun());
      const again = aRun({ attempt: 2, claimedAt: minute(5), expected: 1, batches: 1 });
      const claims = await Promise.all([1, 2, 3].map(() => schedule.claimRun(vendor, again)));
      expect(claims.filter(Boolean)).toHaveLength(1);
      expect(await schedule.claimRun(vendor, aRun({ attempt: 4 }))).toBe(false);
      expect(await schedule.ledger(vendor, SIX)).toEqual([{ ...again, results: [] }]);
    });

    it("gives the runs from one minute to another, both included, in order", async () => {
      const { schedule } = stores();
      const vendor = fresh("vendor");
      for (const count of [3, 0, 2, 1]) await schedule.claimRun(vendor, aRun({ minute: minute(count) }));
      const minutesOf = async (...range: [number, number?]) => {
        const [from, to] = range;
        const runs = await schedule.ledger(vendor, minute(from), ...(to === undefined ? [] : [minute(to)]));
        return runs.map((run) => run.minute);
      };
      expect(await minutesOf(1)).toEqual([minute(1), minute(2), minute(3)]);
      expect(await minutesOf(1, 2)).toEqual([minute(1), minute(2)]);
    });

    it("tells which batches have ended, or are gone", async () => {
      const { schedule } = stores();
      const vendor = fresh("vendor");
      const [done, begun, gone] = [0, 1, 2].map((n) => batchKey(aRun(), n)) as [string, string, string];
      for (const batchId of [done, begun]) await schedule.claimBatch(vendor, batchId, { assets: 1, startedAt: SIX });
      const none = { ok: 1, notAttempted: 0, faults: {}, failedAccounts: [] };
      await schedule.finishBatch(vendor, done, { ...none, finishedAt: SIX });
      expect(await schedule.ended(vendor, [done, begun, gone])).toEqual(new Set([done, gone]));
      expect(await schedule.ended(vendor, [])).toEqual(new Set());
    });

    it("lets a batch be taken once, even after it was finished, and shows it with its run", async () => {
      const { schedule } = stores();
      const vendor = fresh("vendor");
      const taken = { assets: 3, startedAt: plusMs(SIX, 1000) };
      const [first, second] = [batchKey(aRun(), 0), batchKey(aRun({ attempt: 2 }), 0)];
      await schedule.claimRun(vendor, aRun());
      const claims = await Promise.all([1, 2, 3].map(() => schedule.claimBatch(vendor, first, taken)));
      expect(claims.filter(Boolean)).toHaveLength(1);
      const result = {
        ok: 1,
        notAttempted: 1,
        faults: { transient: 1 },
        failedAccounts: ["customer-0001"],
        finishedAt: plusMs(SIX, 2000),
      };
      await schedule.finishBatch(vendor, first, result);
      expect(await schedule.claimBatch(vendor, first, taken)).toBe(false);
      expect(await schedule.claimBatch(vendor, second, taken)).toBe(true);
      expect(await schedule.claimBatch(fresh("vendor"), first, taken)).toBe(true);
      const [run] = await schedule.ledger(vendor, SIX);
      expect(run?.results).toEqual([
        { attempt: 1, ...taken, ...result },
        { attempt: 2, ...taken },
      ]);
    });

    it("refuses a batch's id that says nothing of its run", async () => {
      const claim = async () => stores().schedule.claimBatch(fresh("vendor"), "batch-7", { assets: 1, startedAt: SIX });
      await expect(claim()).rejects.toThrow(/batch's id/);
    });
  });

  describe("the cursor", () => {
    const cursorOf = async (vendor: string) => (await stores().schedule.cursors([fresh("vendor"), vendor])).get(vendor);

    it("is new from the first member on until a tick has come", async () => {
      const { schedule } = stores();
      const member = aMember();
      await schedule.join(member);
      await schedule.join({ ...member, periodMinutes: 30 });
      expect(await cursorOf(member.integration)).toBe("new");
      const cursor = { through: SIX, dueThrough: SIX, wheels: [] };
      await schedule.advanceCursor(member.integration, cursor);
      await schedule.join({ ...member, stream: "heat" });
      expect(await cursorOf(member.integration)).toEqual(cursor);
    });

    it("is absent at first, and then what was written last", async () => {
      const { schedule } = stores();
      const vendor = fresh("vendor");
      const cursor = { through: minute(5), dueThrough: minute(6), wheels: ["charge#15"] };
      expect(await cursorOf(vendor)).toBeUndefined();
      await schedule.advanceCursor(vendor, cursor);
      const next = { through: minute(7), dueThrough: minute(7), wheels: ["charge#15", "charge#30"] };
      await schedule.advanceCursor(vendor, next);
      expect(await cursorOf(vendor)).toEqual(next);
      await schedule.advanceCursor(vendor, cursor);
      expect(await cursorOf(vendor)).toEqual(cursor);
    });
  });
}
