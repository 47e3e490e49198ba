import { App, Duration, Stack, Stage } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { Alarm, type AlarmProps, ComparisonOperator, Metric, TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import type { Template as StackTemplate } from "../../../local/assembly.ts";
import type { Alarm as KnownAlarm } from "../../../local/cloudwatch/alarm.ts";
import { Alarms } from "../../../local/cloudwatch/alarms.ts";
import { MetricStore } from "../../../local/cloudwatch/metric-store.ts";
import { buildModel } from "../../../local/model.ts";
import { alarmsOf } from "../../../local/wire-alarms.ts";

export const NOON = Date.parse("2026-01-14T12:00:00Z");
export const MINUTE_MS = 60_000;

/** The alarms of what the CDK makes of a stack. */
export function alarmsIn(build: (stack: Stack) => void): KnownAlarm[] {
  const stack = new Stack(new Stage(new App({ analyticsReporting: false }), "dev"), "Work");
  build(stack);
  const template = Template.fromStack(stack).toJSON() as StackTemplate;
  return alarmsOf(
    buildModel([{ name: "Work", path: "dev/Work", template, codePaths: new Map() }], "http://127.0.0.1:1"),
  );
}

export const metric = (name: string, minutes = 1) =>
  new Metric({ namespace: "Test", metricName: name, statistic: "Sum", period: Duration.minutes(minutes) });

export function alarm(stack: Stack, name: string, options: Partial<AlarmProps> & { minutes?: number } = {}): Alarm {
  const { minutes = 1, ...rest } = options;
  return new Alarm(stack, name, {
    alarmName: name,
    metric: metric(name, minutes),
    threshold: 1,
    comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    evaluationPeriods: 1,
    treatMissingData: TreatMissingData.NOT_BREACHING,
    ...rest,
  });
}

/** Alarms under a clock that ticks minutes from noon on. */
export function world(build: (stack: Stack) => void, settledMs = NOON - 7 * 86_400_000) {
  const store = new MetricStore();
  const alarms = new Alarms(alarmsIn(build), store, settledMs);
  let now = NOON;
  return {
    alarms,
    store,
    put: (name: string, value = 1) =>
      store.put({ namespace: "Test", name, dimensions: {}, value }, now + MINUTE_MS / 2),
    /** Lets minutes pass; `each` is told which minute after noon begins, and may put data into it. */
    pass(minutes: number, each: (minute: number) => void = () => {}) {
      for (let index = 0; index < minutes; index++) {
        each((now - NOON) / MINUTE_MS);
        now += MINUTE_MS;
        alarms.evaluate(now);
      }
    },
    /** `<minute after noon> <alarm> <state>` of every change, but for the first out of INSUFFICIENT_DATA into OK. */
    changes: () =>
      alarms.transitions
        .filter(({ from, to }) => from !== "INSUFFICIENT_DATA" || to !== "OK")
        .map(({ alarm: name, atMs, to }) => `${(atMs - NOON) / MINUTE_MS} ${name} ${to}`),
    told: () =>
      alarms.notifications.map(({ alarm: name, atMs, state }) => `${(atMs - NOON) / MINUTE_MS} ${name} ${state}`),
  };
}
