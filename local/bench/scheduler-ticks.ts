import { run as tick } from "../../lambdas/scheduler/handler.ts";
import { TABLE_SHAPES } from "../../lib/table-shapes.ts";
import { instant, MINUTE_MS, plusMs } from "../../shared/domain/instant.ts";
import { minuteNumber, slotOf } from "../../shared/domain/wheel.ts";
import { createLog } from "../../shared/log.ts";
import { meterTo } from "../../shared/metrics.ts";
import { causesStore } from "../../shared/store/causes.ts";
import { plansStore } from "../../shared/store/plans.ts";
import { readingsStore } from "../../shared/store/readings.ts";
import { scheduleStore } from "../../shared/store/schedule.ts";
import { memoryDocumentClient } from "../memory/document-client.ts";
import { BENCH_MANIFEST } from "./scheduler-vendor.ts";

/** What one tick takes of a processor, with the tables in its own memory: those of AWS cost it requests instead. */
export type TickLine = { members: number; due: number; cpuMs: number };

const TICKS = 5;
const START = instant(Date.parse("2026-11-21T00:00:00Z"));

/** The middle of some ticks on a wheel of `members` that turns in `periodMinutes`; each was fetched a turn ago. */
export async function tickCpu(members: number, periodMinutes: number): Promise<TickLine> {
  const memory = memoryDocumentClient({ tables: TABLE_SHAPES });
  const schedule = scheduleStore(memory, "schedule");
  const readings = readingsStore(memory, "readings");
  const cadence = {
    idleMinutes: periodMinutes,
    pluggedMinutes: periodMinutes,
    chargingMinutes: periodMinutes,
    openCommandMinutes: 1,
  };
  const { name, limits } = BENCH_MANIFEST;
  const slots = new Set(Array.from({ length: TICKS + 1 }, (_, at) => (minuteNumber(START) + at) % periodMinutes));
  const fetched = plusMs(START, -periodMinutes * MINUTE_MS);
  let due = 0;
  for (let i = 0; i < members; i++) {
    const assetId = `car-${String(i).padStart(7, "0")}`;
    await schedule.join({ integration: name, assetId, accountId: `customer-${i}`, stream: "charge", periodMinutes });
    if (!slots.has(slotOf(assetId, periodMinutes))) continue;
    const reach = { lastFetchedAt: fetched, online: true, failures: 0, faultClass: null };
    await readings.record(readingOf(assetId, fetched), reach);
  }
  const cpuMs: number[] = [];
  for (let at = 0; at <= TICKS; at++) {
    const tickAt = plusMs(START, at * MINUTE_MS);
    const before = process.cpuUsage();
    const { sent } = await tick(
      { tickAt },
      {
        now: () => tickAt,
        log: createLog({ service: "bench", now: () => new Date(tickAt), destination: { write() {} } }),
        integrations: [{ name, functionName: name, streams: [{ stream: "charge", cadence }], limits }],
        schedule,
        readings,
        causes: causesStore(memory, "schedule"),
        plans: plansStore(memory, "plans"),
        bus: { publish: async () => {} },
        meter: meterTo({}, () => {}),
        pause: async () => {},
        refusedRows: () => [],
        send: async () => {},
      },
    );
    const { user, system } = process.cpuUsage(before);
    // The first one warms up.
    if (at > 0) cpuMs.push((user + system) / 1000);
    if (at > 0) due += sent / TICKS;
  }
  return { members, due: Math.round(due), cpuMs: cpuMs.sort((a, b) => a - b)[Math.floor(TICKS / 2)] ?? 0 };
}

function readingOf(assetId: string, observedAt: typeof START) {
  return {
    assetId,
    stream: "charge" as const,
    observedAt,
    receivedAt: observedAt,
    state: "stopped" as const,
    plugged: true,
    powerKw: 0,
    socPercent: 50,
    storedKwh: 30,
    sessionKwh: null,
    chargeLimitPercent: 80,
    currentLimitA: 32,
    ownScheduleActive: false,
  };
}
