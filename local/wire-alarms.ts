import type { VirtualClock } from "./clock.ts";
import { type Alarm, compositeAlarm, metricAlarm } from "./cloudwatch/alarm.ts";
import { Alarms } from "./cloudwatch/alarms.ts";
import type { MetricStore } from "./cloudwatch/metric-store.ts";
import type { QueueWithPolicies } from "./gateway/event-bus.ts";
import type { Model } from "./model.ts";
import { refusing } from "./unsupported.ts";

/** The stage's alarms, understood as far as CloudWatch would; what is not stops the start. */
export function alarmsOf(model: Model): Alarm[] {
  return [
    ...model.of("AWS::CloudWatch::Alarm").map((one) => refusing(one, () => metricAlarm(one.ref, one.properties))),
    ...model
      .of("AWS::CloudWatch::CompositeAlarm")
      .map((one) => refusing(one, () => compositeAlarm(one.ref, one.properties))),
  ];
}

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
/** A night with the hours around it, for charts; longer when an alarm looks back further. */
const KEPT_MS = 36 * HOUR_MS;

/** Measures the queues and evaluates the alarms at the end of every minute of the clock. */
export function startAlarms(
  model: Model,
  { clock, store, queues }: { clock: VirtualClock; store: MetricStore; queues: Map<string, QueueWithPolicies> },
): Alarms {
  const alarms = new Alarms(alarmsOf(model), store, clock.now());
  const keptMs = Math.max(KEPT_MS, alarms.longestRangeMs() + HOUR_MS);
  const arm = (atMs: number) =>
    clock.at(atMs, "alarms", () => {
      arm(atMs + MINUTE_MS);
      for (const { queue } of queues.values()) queue.measure();
      alarms.evaluate(atMs);
      if (atMs % HOUR_MS === 0) store.forgetBefore(atMs - keptMs);
    });
  arm((Math.floor(clock.now() / MINUTE_MS) + 1) * MINUTE_MS);
  return alarms;
}
