import { plusMs } from "../../shared/domain/instant.ts";
import { minuteOf, slotOf } from "../../shared/domain/wheel.ts";
import type {
  BatchResult,
  Cursor,
  DueLook,
  Member,
  Run,
  RunClaim,
  ScheduleStore,
} from "../../shared/store/schedule.ts";
import { type Batch, keyOfBatch } from "../../shared/store/schedule-rows.ts";

export type FakeScheduleStore = ScheduleStore & {
  finished: Map<string, BatchResult>;
  /** Everyone on a wheel, by asset and then stream. */
  members(): Member[];
  /** Every look asked for and not forgotten, in the order of their minutes. */
  looks(): DueLook[];
};

/** Table `schedule` in memory: the wheel, the looks asked for, and the run ledger in which the first claim wins. */
export function fakeScheduleStore(): FakeScheduleStore {
  const members = new Map<string, Member>();
  const looks = new Map<string, DueLook>();
  const runs = new Map<string, RunClaim>();
  const batches = new Map<string, Batch>();
  const cursors = new Map<string, Cursor | "new">();
  const finished = new Map<string, BatchResult>();
  const sorted = <T>(map: Map<string, T>, prefix = "") =>
    [...map]
      .filter(([key]) => key.startsWith(prefix))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, value]) => structuredClone(value));
  const place = ({ integration, stream, periodMinutes, assetId }: Omit<Member, "accountId">) =>
    `${integration}#${stream}#${periodMinutes}#${slotOf(assetId, periodMinutes)}|${assetId}`;

  return {
    finished,
    members: () => [...members.values()].sort((a, b) => (a.assetId + a.stream < b.assetId + b.stream ? -1 : 1)),
    looks: () => [...looks.values()].sort((a, b) => (a.dueAt < b.dueAt ? -1 : 1)),
    async join(member) {
      members.set(place(member), structuredClone(member));
      if (!cursors.has(member.integration)) cursors.set(member.integration, "new");
    },
    async leave(member) {
      members.delete(place(member));
    },
    async move(member, periodMinutes) {
      if (!members.delete(place(member))) return false;
      members.set(place({ ...member, periodMinutes }), { ...member, periodMinutes });
      return true;
    },
    async slot(integration, stream, periodMinutes, slot) {
      return sorted(members, `${integration}#${stream}#${periodMinutes}#${slot}|`);
    },
    async find(of, periods) {
      for (const periodMinutes of periods) {
        const member = members.get(place({ ...of, periodMinutes }));
        if (member) return structuredClone(member);
      }
      return undefined;
    },
    async lookAt(look) {
      const key = `${look.integration}|${minuteOf(look.dueAt)}|${look.stream}#${look.assetId}`;
      looks.set(key, structuredClone(look));
    },
    async dueLooks(integration, minute) {
      return sorted(looks, `${integration}|${minute}|`);
    },
    async claimRun(integration, run) {
      const key = `${integration}|${run.minute}#${run.part}`;
      if ((runs.get(key)?.attempt ?? 0) !== run.attempt - 1) return false;
      runs.set(key, structuredClone(run));
      return true;
    },
    async ledger(integration, from, to) {
      const until = to ? plusMs(minuteOf(to), 60_000) : "9999";
      return [...runs]
        .filter(([key, { minute }]) => key.startsWith(`${integration}|`) && minute >= minuteOf(from) && minute < until)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([, run]) => structuredClone(run))
        .map((run): Run => ({ ...run, results: sorted(batches, `${integration}|${run.minute}#${run.part}|`) }));
    },
    async claimBatch(integration, batchId, taken) {
      const { run, attempt } = keyOfBatch(batchId);
      const key = `${integration}|${run}|${batchId}`;
      if (batches.has(key)) return false;
      batches.set(key, { attempt, ...taken });
      return true;
    },
    async ended(integration, batchIds) {
      const underWay = batchIds.filter((batchId) => {
        const batch = batches.get(`${integration}|${keyOfBatch(batchId).run}|${batchId}`);
        return batch !== undefined && !("finishedAt" in batch);
      });
      return new Set(batchIds.filter((batchId) => !underWay.includes(batchId)));
    },
    async finishBatch(integration, batchId, result) {
      const key = `${integration}|${keyOfBatch(batchId).run}|${batchId}`;
      const batch = batches.get(key);
      if (batch) batches.set(key, structuredClone({ ...batch, ...result }));
      finished.set(`${integration}|${batchId}`, result);
    },
    async cursors(integrations) {
      return structuredClone(new Map([...cursors].filter(([name]) => integrations.includes(name))));
    },
    async advanceCursor(integration, cursor) {
      cursors.set(integration, structuredClone(cursor));
    },
  };
}
