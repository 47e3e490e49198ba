import type { BatchResult, Member, Run, ScheduleStore } from "../../shared/store/schedule.ts";

export type FakeScheduleStore = ScheduleStore & { finished: Map<string, BatchResult> };

/** Table `schedule` in memory: who is polled, and the run ledger in which the first claim wins. */
export function fakeScheduleStore(): FakeScheduleStore {
  const members = new Map<string, Member>();
  const runs = new Map<string, Map<string, Run>>();
  const batches = new Set<string>();
  const finished = new Map<string, BatchResult>();
  const byKey = <T>(map: Map<string, T> | undefined) =>
    [...(map ?? [])].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => structuredClone(value));
  const of = <T>(maps: Map<string, Map<string, T>>, name: string) => {
    const map = maps.get(name) ?? new Map<string, T>();
    maps.set(name, map);
    return map;
  };
  return {
    finished,
    async members() {
      return byKey(members);
    },
    async addMember(member) {
      members.set(`${member.integration}#${member.assetId}#${member.stream}`, structuredClone(member));
    },
    async runs(integration, since) {
      return byKey(runs.get(integration)).filter((run) => run.tickAt >= since);
    },
    async claimRun(integration, run) {
      const claimed = of(runs, integration);
      if (claimed.has(run.tickAt)) return false;
      claimed.set(run.tickAt, structuredClone(run));
      return true;
    },
    async claimBatch(integration, batchId) {
      const key = `${integration}|${batchId}`;
      if (batches.has(key)) return false;
      batches.add(key);
      return true;
    },
    async finishBatch(integration, batchId, result) {
      finished.set(`${integration}|${batchId}`, result);
    },
  };
}
