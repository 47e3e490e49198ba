import type { VirtualClock } from "./clock.ts";
import type { AwsMetrics } from "./cloudwatch/aws-metrics.ts";
import { type Archive, EventBuses, type QueueWithPolicies, type Rule } from "./gateway/event-bus.ts";
import { compilePattern } from "./gateway/event-pattern.ts";
import type { Functions } from "./gateway/functions.ts";
import type { Ids } from "./gateway/ids.ts";
import type { RunRecord } from "./gateway/record.ts";
import { compileSchedule, startSchedule } from "./gateway/schedules.ts";
import type { JsonObject } from "./json.ts";
import type { Model } from "./model.ts";
import { refusing, unsupported } from "./unsupported.ts";

type EventOptions = {
  clock: VirtualClock;
  ids: Ids;
  record: RunRecord;
  metrics: AwsMetrics;
  queues: Map<string, QueueWithPolicies>;
  functions: Functions;
};

const lastPart = (arnOrName: string) => arnOrName.split("/").at(-1) as string;

/** The stage's buses with their rules, targets and archives. */
export function wireBuses(model: Model, options: EventOptions): { buses: EventBuses; archives: Archive[] } {
  const { queues, functions } = options;
  const busNames = ["default", ...model.of("AWS::Events::EventBus").map((bus) => bus.properties.Name)];
  const rules: Rule[] = [];
  for (const resource of model.of("AWS::Events::Rule")) {
    const { attributes, properties } = resource;
    const matches = refusing(resource, () => compilePattern(properties.EventPattern as JsonObject));
    const busName = lastPart(properties.EventBusName);
    if (!busNames.includes(busName)) throw unsupported(resource, `its event bus ${busName} is not in this stage`);
    const targets = properties.Targets.map((target) => ({
      arn: target.Arn,
      input: target.Input,
      inputPath: target.InputPath,
      deadLetterArn: target.DeadLetterConfig?.Arn,
    }));
    for (const { arn } of targets) {
      const known = arn.includes(":lambda:") ? functions.has(arn) : queues.has(arn);
      if (!known) throw unsupported(resource, `its target ${arn} is not a function or queue of this stage`);
    }
    const arn = attributes.Arn as string;
    if (properties.State === "ENABLED") rules.push({ name: lastPart(arn), arn, busName, matches, targets });
  }
  const archives = model.of("AWS::Events::Archive").map((resource): Archive => {
    const { ref, properties } = resource;
    const matches = refusing(resource, () => compilePattern((properties.EventPattern ?? {}) as JsonObject));
    return { name: ref, busName: lastPart(properties.SourceArn), matches, events: [] };
  });
  return { buses: new EventBuses({ ...options, busNames, rules, archives }), archives };
}

/** Sets every enabled schedule of the stage going from the clock's present. */
export function startSchedules(model: Model, { clock, ids, metrics, functions }: EventOptions): void {
  for (const resource of model.of("AWS::Scheduler::Schedule")) {
    const { attributes, properties } = resource;
    const { ScheduleExpression, ScheduleExpressionTimezone, StartDate, EndDate, Target } = properties;
    const next = refusing(resource, () => compileSchedule(ScheduleExpression, ScheduleExpressionTimezone, clock.now()));
    if (!functions.has(Target.Arn))
      throw unsupported(resource, `its target ${Target.Arn} is not a function of this stage`);
    if (properties.State === "DISABLED") continue;
    const schedule = {
      arn: attributes.Arn as string,
      group: properties.GroupName,
      functionArn: Target.Arn,
      input: Target.Input,
      next,
      startMs: StartDate === undefined ? undefined : Date.parse(StartDate),
      endMs: EndDate === undefined ? undefined : Date.parse(EndDate),
    };
    startSchedule(schedule, { functions, clock, ids, metrics });
  }
}
