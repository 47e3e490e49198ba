import { run } from "../../lambdas/optimiser/handler.ts";
import type { WorkItem } from "../../lambdas/optimiser/work.ts";
import { type Asset, STREAM_OF_KIND } from "../../shared/domain/asset.ts";
import type { Instant } from "../../shared/domain/instant.ts";
import type { Reading } from "../../shared/domain/reading.ts";
import type { Slot } from "../../shared/domain/signal.ts";
import { aReach, at, type BusEvent, queued, slotDay } from "../builders.ts";
import { fakeAssetsStore } from "./assets-store.ts";
import { fakeBus } from "./bus.ts";
import { fakeClock } from "./clock.ts";
import { fakeCommandsStore } from "./commands-store.ts";
import { fakeHabitsStore } from "./habits-store.ts";
import { fakeKillSwitchStore } from "./kill-switch-store.ts";
import { fakeLog } from "./log.ts";
import { fakeMeter } from "./meter.ts";
import { fakePlansStore } from "./plans-store.ts";
import { fakeReadingsStore } from "./readings-store.ts";
import { fakeScheduleStore } from "./schedule-store.ts";
import { fakeSignalsStore } from "./signals-store.ts";

export const PRICE = "octopus-agile#C";
export const CARBON = "carbon-intensity#national";

/** A night that is cheap from 02:00 to 05:00. */
const NIGHT = slotDay({
  from: "2026-11-20T18:00Z",
  to: "2026-11-21T12:00Z",
  cheapFrom: "2026-11-21T02:00Z",
  cheapTo: "2026-11-21T05:00Z",
});

/** Everything that a run of the optimiser touches, at 18:00 on the evening before `NIGHT`. */
export function optimiserWorld(assets: readonly Asset[], price: readonly Slot[] = NIGHT) {
  const clock = fakeClock("2026-11-20T18:00Z");
  const later: WorkItem[] = [];
  const deps = {
    now: clock.now,
    log: fakeLog(),
    meter: fakeMeter("optimiser"),
    remainingMs: () => 60_000,
    fleets: ["main", "depot"],
    region: "C",
    later: async (items: readonly WorkItem[]) => {
      later.push(...items);
    },
    series: { price: PRICE, carbon: CARBON } as const,
    assets: fakeAssetsStore(assets),
    readings: fakeReadingsStore(),
    signals: fakeSignalsStore({ [PRICE]: price }),
    plans: fakePlansStore(),
    habits: fakeHabitsStore(),
    schedule: fakeScheduleStore(),
    killSwitch: fakeKillSwitchStore(),
    commands: fakeCommandsStore([], { by: "optimiser", now: clock.now }),
    bus: fakeBus(),
  };
  return {
    clock,
    deps,
    /** What was put on the queue for an invocation of its own. */
    later,
    read: (...readings: readonly Reading[]) =>
      Promise.all(readings.map((reading) => deps.readings.record(reading, aReach(reading.receivedAt)))),
    on: (...events: readonly BusEvent[]) => run(queued(...events), deps),
    /** A minute; everybody was looked at just before, and nothing had changed. */
    tick: async (tickAt: Instant) => {
      clock.set(tickAt);
      for (const { assetId, kind } of assets) {
        const stream = STREAM_OF_KIND[kind];
        const known = (await deps.readings.latest([assetId], stream)).get(assetId);
        if (known) await deps.readings.recordFailure(assetId, stream, aReach(tickAt));
      }
      return run({ tickAt }, deps);
    },
    /** A minute after nobody was looked at. */
    blindTick: (tickAt: Instant) => {
      clock.set(tickAt);
      return run({ tickAt }, deps);
    },
    planOf: async (assetId: string) => (await deps.plans.get([assetId])).get(assetId),
    /** Status and action of every command, oldest window first. */
    commands: () => deps.commands.all().map((command) => `${command.action.kind} ${command.status}`),
    /** Names of events about assets since the last look. */
    news: () =>
      deps.bus.published
        .splice(0)
        .map((event) => event.name)
        .filter((name) => name !== "PortfolioPlanned"),
  };
}

export const signalUpdated = {
  name: "SignalUpdated",
  detail: {
    series: PRICE,
    measure: "price",
    from: at("2026-11-20T18:00Z"),
    to: at("2026-11-21T12:00Z"),
    changedSlots: 36,
  },
};

export function telemetryRecorded(...assets: readonly { assetId: string; matters: boolean }[]) {
  return {
    name: "TelemetryRecorded",
    detail: {
      integration: "acme-cars",
      matters: assets.some((asset) => asset.matters),
      readings: assets.map((asset) => ({ ...asset, stream: "charge", observedAt: at("2026-11-20T18:00Z") })),
    },
  };
}
