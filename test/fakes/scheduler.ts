import { run, type SchedulerDeps } from "../../lambdas/scheduler/handler.ts";
import { type Asset, STREAM_OF_KIND } from "../../shared/domain/asset.ts";
import type { Instant } from "../../shared/domain/instant.ts";
import type { Manifest } from "../../shared/domain/manifest.ts";
import { type Stream, Stream as Streams } from "../../shared/domain/reading.ts";
import { minuteOf, slotAt, slotOf } from "../../shared/domain/wheel.ts";
import type { PollRequest } from "../../shared/integration/poll-request.ts";
import type { ScheduleStore } from "../../shared/store/schedule.ts";
import { fakeBus } from "./bus.ts";
import { fakeCausesStore } from "./causes-store.ts";
import { fakeMeter } from "./meter.ts";
import { fakePlansStore } from "./plans-store.ts";
import type { FakeScheduleStore } from "./schedule-store.ts";

let batches = 0;

/** A batch as the scheduler sends it, with an id that no other has. */
export function aPoll(assetIds: readonly string[], now: Instant, changes: Partial<PollRequest> = {}): PollRequest {
  const asset = { expectAwake: true, why: "routine", periodMinutes: 15 } as const;
  return {
    kind: "poll",
    batchId: `${minuteOf(now)}#charge#15#1#${++batches}`,
    stream: Streams.enum.charge,
    tickAt: now,
    notAfter: "2999-01-01T00:00:00.000Z" as Instant,
    assets: assetIds.map((assetId) => ({ assetId, ...asset })),
    ...changes,
  };
}

/** The scheduler as deployed, over stores in memory; its minute takes no time. */
export function aScheduler(
  deps: Pick<SchedulerDeps, "now" | "log" | "schedule" | "readings"> &
    Partial<Pick<SchedulerDeps, "causes" | "plans" | "bus">>,
  manifests: readonly Pick<Manifest, "name" | "streams" | "limits">[],
) {
  const sent: { integration: string; request: PollRequest }[] = [];
  const meter = fakeMeter("scheduler");
  const all: SchedulerDeps = {
    causes: fakeCausesStore(),
    plans: fakePlansStore(),
    bus: fakeBus(),
    ...deps,
    meter,
    integrations: manifests.map(({ name, streams, limits }) => ({ name, streams, limits, functionName: name })),
    send: async (integration, request) => void sent.push({ integration, request }),
    pause: async () => {},
    refusedRows: () => [],
  };
  return {
    deps: all,
    meter,
    /** What a tick sends out. */
    async tick(tickAt: Instant) {
      await run({ tickAt }, all);
      return sent.splice(0);
    },
  };
}

/** Puts an asset on the wheel as enrolment does, its first look in the next minute. */
export async function joined(
  schedule: Pick<ScheduleStore, "join" | "lookAt">,
  asset: Pick<Asset, "assetId" | "accountId" | "integration" | "kind">,
  { streams }: Pick<Manifest, "streams">,
  now: Instant,
): Promise<void> {
  const stream: Stream = STREAM_OF_KIND[asset.kind];
  const cadence = streams.find((one) => one.stream === stream)?.cadence;
  if (!cadence) throw new Error(`no stream ${stream} for ${asset.assetId}`);
  const { assetId, accountId, integration } = asset;
  const member = { integration, assetId, accountId, stream, periodMinutes: cadence.idleMinutes };
  await schedule.join(member);
  await schedule.lookAt({ ...member, dueAt: now, setAt: now, why: "routine" });
}

/** False in a minute in which nobody has a turn and no look was asked for: a tick of it may be left out to save time. */
export function hasWork(schedule: FakeScheduleStore, minute: Instant): boolean {
  const hasTurn = schedule
    .members()
    .some(({ assetId, periodMinutes }) => slotOf(assetId, periodMinutes) === slotAt(minute, periodMinutes));
  return hasTurn || schedule.looks().some(({ dueAt }) => minuteOf(dueAt) === minute);
}
