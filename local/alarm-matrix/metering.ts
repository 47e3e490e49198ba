import { z } from "zod";
import { EnvText, parseEnvironment } from "../../shared/handler.ts";
import { embedded } from "../bench/scheduler-meters.ts";
import type { AwsMetrics } from "../cloudwatch/aws-metrics.ts";
import type { Engine } from "../simulate/engine.ts";
import type { Spending } from "../simulate/spending.ts";
import type { Fault } from "./cause.ts";
import type { Prod } from "./prod.ts";
import { throttledOnce } from "./throttled.ts";

/** A cut line is no JSON, but still begins as the format does. */
const cut = (line: string) => line.slice(0, line.length / 2);

/**
 * Measures a night as CloudWatch would: what functions write to their logs in the embedded metric format, and what Lambda
 * counts of them by itself.
 */
export function measuredBy(metrics: AwsMetrics, prod: Prod, engine: Engine, fault: () => Fault | undefined): Spending {
  const meters = new Map<string, ReturnType<typeof embedded>>();
  const meterOf = (name: string) => {
    const write = (line: string) =>
      metrics.logLine(prod.logGroup(name), fault()?.cuts?.includes(name) ? cut(line) : line, engine.nowMs());
    const meter = meters.get(name) ?? embedded(name, write, engine.nowMs);
    meters.set(name, meter);
    return meter;
  };
  return {
    watched({ isIdle: _, ...spec }) {
      const { name } = spec;
      const isFull = () => {
        const crowded = fault()?.crowded;
        return crowded?.functions.includes(name) === true && crowded.isFull(Math.floor(engine.nowMs() / 1000) % 60);
      };
      return {
        ...spec,
        get concurrency() {
          return isFull() ? 0 : spec.concurrency;
        },
        turnedAway: () => metrics.throttle(prod.functionName(name)),
        async run(event, invocation) {
          const startedMs = engine.nowMs();
          let isOver = false;
          const over = (failed: boolean) => {
            if (isOver) return;
            isOver = true;
            metrics.invocation(prod.functionName(name), { failed, durationMs: engine.nowMs() - startedMs });
          };
          engine.after(spec.timeoutMs, () => {
            over(true);
            return false;
          });
          try {
            if (fault()?.throws?.includes(name)) parseEnvironment(z.object({ BUS_NAME: EnvText }), {});
            const result = await spec.run(event, invocation);
            over(false);
            return result;
          } catch (error) {
            over(true);
            throw error;
          } finally {
            meterOf(name).flush();
          }
        },
      };
    },
    meter: (name) => meterOf(name).of({ integration: name }),
    log: (_, traced) => traced,
    tables(invocation, send) {
      const reason = fault()?.throttles;
      if (reason) void throttledOnce(reason, meterOf(invocation.functionName));
      return send();
    },
  };
}
