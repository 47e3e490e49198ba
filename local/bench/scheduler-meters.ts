import type { DestinationStream } from "pino";
import { METRICS } from "../../shared/domain/metric.ts";
import { createLog, type Log } from "../../shared/log.ts";
import { meterOf, namesOf } from "../../shared/metrics.ts";
import type { MemoryDocumentClient } from "../memory/document-client.ts";
import type { Usage } from "./prices.ts";
import type { VirtualTime } from "./virtual-time.ts";

/** START, END and REPORT, which Lambda writes for every invocation. */
export const PLATFORM_LINES_BYTES = 400;

/** What a run used so far; `usage` adds what the tables count themselves. */
export type Meters = {
  used: Usage;
  usage(): Usage;
  log: Log;
  meter(service: string): ReturnType<typeof meterOf>;
  /** An invocation of so many milliseconds in a function of so much memory. */
  invoked(durationMs: number, memoryMb: number): void;
};

export function meters(time: VirtualTime, memory: MemoryDocumentClient): Meters {
  const used = {
    writeUnits: 0,
    readUnits: 0,
    invokes: 0,
    gbSeconds: 0,
    events: 0,
    queueRequests: 0,
    logBytes: 0,
    kmsRequests: 0,
  };
  const destination: DestinationStream = {
    write: (line) => {
      used.logBytes += Buffer.byteLength(line);
    },
  };
  return {
    used,
    usage() {
      const units = [...memory.units.values()];
      return {
        ...used,
        writeUnits: units.reduce((sum, { write }) => sum + write, 0),
        readUnits: units.reduce((sum, { read }) => sum + read, 0),
      };
    },
    log: createLog({ service: "bench", now: () => new Date(time.nowMs()), destination }),
    meter: (service) => embedded(service, destination.write),
    invoked(durationMs, memoryMb) {
      used.invokes += 1;
      used.gbSeconds += (durationMs / 1000) * (memoryMb / 1024);
      used.logBytes += PLATFORM_LINES_BYTES;
    },
  };
}

/** The lines of CloudWatch's embedded metric format, stamped with any time where it does not matter. */
export function embedded(service: string, write: (line: string) => void, nowMs = () => 1_764_000_000_000) {
  return meterOf(service, (line) => {
    const Metrics = namesOf(line).map((Name) => ({ Name, Unit: METRICS[Name].unit }));
    const CloudWatchMetrics = [{ Namespace: "Headroom", Dimensions: [Object.keys(line.dimensions)], Metrics }];
    const head = { _aws: { Timestamp: nowMs(), CloudWatchMetrics } };
    write(`${JSON.stringify({ ...head, ...line.dimensions, ...line.values })}\n`);
  });
}
