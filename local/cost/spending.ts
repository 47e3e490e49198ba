import * as z from "zod";
import { createLog, type Log } from "../../shared/log.ts";
import { NOTHING, type Usage } from "../bench/prices.ts";
import { embedded, PLATFORM_LINES_BYTES } from "../bench/scheduler-meters.ts";
import type { MemoryDocumentClient } from "../memory/document-client.ts";
import type { Invocation } from "../simulate/lambda.ts";
import type { Spending } from "../simulate/spending.ts";

/** What an invocation of a function was for: its clock, its queue, or a batch of looks. */
export type Purpose = `${string} ${"tick" | "queue" | "poll"}`;

/** A custom metric as CloudWatch bills it: one for each name with each set of dimensions. */
export type CustomMetric = { name: string; dimensions: Record<string, string> };

/** What invocations used so far by what they were for, and the custom metrics that they sent, by a key of each. */
export type Spent = { by: Map<Purpose, Usage>; metrics: Map<string, CustomMetric> };

/** Beside what it waits for: parsing, an average share of starts. As in the scheduler's benchmark. */
const OVERHEAD_MS = 50;

/** Counts a simulated night, in functions of so much memory. */
export function countedSpending(spent: Spent, memoryMbOf: (functionName: string) => number) {
  return (memory: MemoryDocumentClient, nowMs: () => number): Spending => {
    const usages = new WeakMap<Invocation, Usage>();
    const meters = new Map<string, ReturnType<typeof embedded>>();
    // A line of metrics is written when an invocation ends, and is its own.
    let ending: Usage | undefined;
    const meterOf = (functionName: string) => {
      const meter =
        meters.get(functionName) ??
        embedded(functionName, (line) => {
          if (ending) ending.logBytes += Buffer.byteLength(line);
          noteMetrics(spent, line);
        });
      meters.set(functionName, meter);
      return meter;
    };
    const usageOf = (invocation: Invocation) => {
      const usage = usages.get(invocation);
      if (!usage) throw new Error(`${invocation.id} did not begin`);
      return usage;
    };
    const logTo = (usage: Usage) => {
      const write = (line: string) => {
        usage.logBytes += Buffer.byteLength(line);
      };
      return createLog({ service: "cost", now: () => new Date(nowMs()), destination: { write } });
    };
    return {
      watched: ({ isIdle: _, ...spec }) => ({
        ...spec,
        async run(event, invocation) {
          const usage = usageFor(spent, purposeOf(spec.name, event));
          usages.set(invocation, usage);
          const startedMs = nowMs();
          try {
            return await spec.run(event, invocation);
          } finally {
            const durationMs = nowMs() - startedMs + OVERHEAD_MS;
            usage.invokes += 1;
            usage.gbSeconds += (durationMs / 1000) * (memoryMbOf(spec.name) / 1024);
            usage.logBytes += PLATFORM_LINES_BYTES;
            logTo(usage).info("INVOCATION_COMPLETED", { durationMs, requestId: REQUEST_ID });
            ending = usage;
            meterOf(spec.name).flush();
          }
        },
      }),
      meter: (functionName) => meterOf(functionName).of({ integration: functionName }),
      log: (invocation, traced) => both(traced, logTo(usageOf(invocation)).with({ requestId: REQUEST_ID })),
      tables(invocation, send) {
        const usage = usageOf(invocation);
        const before = unitsOf(memory);
        const sent = send();
        // In memory a command takes effect before `send` returns.
        const after = unitsOf(memory);
        usage.readUnits += after.read - before.read;
        usage.writeUnits += after.write - before.write;
        return sent;
      },
    };
  };
}

const REQUEST_ID = "00000000-0000-0000-0000-000000000000";

function unitsOf(memory: MemoryDocumentClient): { read: number; write: number } {
  const sum = { read: 0, write: 0 };
  for (const { read, write } of memory.units.values()) {
    sum.read += read;
    sum.write += write;
  }
  return sum;
}

function purposeOf(functionName: string, event: unknown): Purpose {
  if (typeof event !== "object" || event === null) return `${functionName} tick`;
  if ("Records" in event) return `${functionName} queue`;
  return "batchId" in event ? `${functionName} poll` : `${functionName} tick`;
}

function usageFor({ by }: Spent, purpose: Purpose): Usage {
  const usage = by.get(purpose) ?? { ...NOTHING };
  by.set(purpose, usage);
  return usage;
}

const Embedded = z.looseObject({
  _aws: z.object({
    CloudWatchMetrics: z.array(
      z.object({ Dimensions: z.array(z.array(z.string())), Metrics: z.array(z.object({ Name: z.string() })) }),
    ),
  }),
});

function noteMetrics({ metrics }: Spent, line: string): void {
  const said = Embedded.parse(JSON.parse(line));
  for (const { Dimensions, Metrics } of said._aws.CloudWatchMetrics) {
    for (const names of Dimensions) {
      const dimensions = Object.fromEntries(names.map((name) => [name, String(said[name])]));
      for (const { Name: name } of Metrics) metrics.set(JSON.stringify([name, dimensions]), { name, dimensions });
    }
  }
}

function both(one: Log, other: Log): Log {
  return {
    info(code, fields) {
      one.info(code, fields);
      other.info(code, fields);
    },
    warn(code, fields) {
      one.warn(code, fields);
      other.warn(code, fields);
    },
    error(code, error, fields) {
      one.error(code, error, fields);
      other.error(code, error, fields);
    },
    with: (fields) => both(one.with(fields), other.with(fields)),
  };
}
