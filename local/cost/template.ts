import * as z from "zod";
import { HOUR_MS } from "../../shared/domain/instant.ts";
import { HOURS_PER_MONTH } from "../bench/prices.ts";
import { compileSchedule } from "../gateway/schedules.ts";

/** A stack's template, as far as it is read here. */
export type StackOf = { Resources?: Record<string, { Type: string; Properties?: unknown; Metadata?: unknown }> };

/** What a stage deploys that is billed by the month, whatever its fleet does. */
export type Deployed = {
  keys: number;
  secrets: number;
  alarms: number;
  /** Metrics that alarms read, each as often as it is read; fast where an alarm looks more often than once a minute. */
  alarmMetrics: number;
  fastAlarmMetrics: number;
  compositeAlarms: number;
  dashboards: number;
  /** Event source mappings of queues: with a maximum concurrency, and without. */
  cappedPollers: number;
  freePollers: number;
  /** Tables whose key is AWS's own in our account. */
  managedKeyTables: number;
  backedUpTables: number;
  /** Whether any function sends metrics of its own. */
  sendsMetrics: boolean;
  /** Functions by their folder's name. */
  functions: Record<string, { memoryMb: number }>;
  /** Those of them that speak to a vendor. */
  integrations: string[];
  /** Runs in a month of what wakes each function. */
  runs: Record<string, number>;
  logDays: number;
  archiveDays: number;
};

const Path = z.object({ "aws:cdk:path": z.string() });
const Alarm = z.object({
  MetricName: z.string().optional(),
  Period: z.number().optional(),
  Metrics: z
    .array(
      z.object({ MetricStat: z.object({ Period: z.number() }).optional(), Expression: z.string().optional() }).loose(),
    )
    .optional(),
});
const Mapping = z.object({ ScalingConfig: z.object({ MaximumConcurrency: z.number() }).optional() });
const Lambda = z.object({
  MemorySize: z.number().default(128),
  Environment: z.object({ Variables: z.record(z.string(), z.unknown()) }).optional(),
});
const Schedule = z.object({ ScheduleExpression: z.string(), ScheduleExpressionTimezone: z.string().default("UTC") });
const Table = z.object({
  SSESpecification: z.object({ SSEType: z.string().optional() }).optional(),
  Replicas: z.array(
    z.object({ PointInTimeRecoverySpecification: z.object({ PointInTimeRecoveryEnabled: z.boolean() }).optional() }),
  ),
});
const Logs = z.object({ RetentionInDays: z.number() });
const Archive = z.object({ RetentionDays: z.number() });

/** Counts what the templates of one stage deploy. Throws where an alarm's or a function's cost cannot be told from them. */
export function deployedBy(stacks: readonly StackOf[]): Deployed {
  const deployed: Deployed = {
    ...{ keys: 0, secrets: 0, alarms: 0, alarmMetrics: 0, fastAlarmMetrics: 0, compositeAlarms: 0, dashboards: 0 },
    ...{ cappedPollers: 0, freePollers: 0, managedKeyTables: 0, backedUpTables: 0 },
    sendsMetrics: false,
    ...{ functions: {}, integrations: [], runs: {}, logDays: 0, archiveDays: 0 },
  };
  const counters: Record<string, (properties: unknown, id: string, path: string) => void> = {
    "AWS::KMS::Key": () => (deployed.keys += 1),
    "AWS::SecretsManager::Secret": () => (deployed.secrets += 1),
    "AWS::CloudWatch::CompositeAlarm": () => (deployed.compositeAlarms += 1),
    "AWS::CloudWatch::Dashboard": () => (deployed.dashboards += 1),
    "AWS::CloudWatch::Alarm": (properties, id) => {
      deployed.alarms += 1;
      for (const period of periodsRead(Alarm.parse(properties), id)) {
        deployed[period < 60 ? "fastAlarmMetrics" : "alarmMetrics"] += 1;
      }
    },
    "AWS::Lambda::EventSourceMapping": (properties) => {
      deployed[Mapping.parse(properties).ScalingConfig ? "cappedPollers" : "freePollers"] += 1;
    },
    "AWS::Lambda::Function": (properties, id, path) => {
      const { name, isIntegration } = functionAt(path, id);
      const { MemorySize, Environment } = Lambda.parse(properties);
      deployed.functions[name] = { memoryMb: MemorySize };
      if (Environment?.Variables.POWERTOOLS_METRICS_DISABLED !== "true") deployed.sendsMetrics = true;
      if (isIntegration) deployed.integrations.push(name);
    },
    "AWS::Scheduler::Schedule": (properties, id, path) => {
      const name = /\/(\w+)Ticks\//.exec(path)?.[1]?.toLowerCase();
      if (name === undefined) throw new Error(`schedule ${id}: whom does it wake? Its path ${path} names no ticks`);
      deployed.runs[name] = (deployed.runs[name] ?? 0) + runsInMonth(Schedule.parse(properties));
    },
    "AWS::DynamoDB::GlobalTable": (properties) => {
      const { SSESpecification, Replicas } = Table.parse(properties);
      if (SSESpecification?.SSEType === "KMS") deployed.managedKeyTables += 1;
      if (Replicas.some((one) => one.PointInTimeRecoverySpecification?.PointInTimeRecoveryEnabled)) {
        deployed.backedUpTables += 1;
      }
    },
    "AWS::Logs::LogGroup": (properties) => {
      deployed.logDays = Math.max(deployed.logDays, Logs.parse(properties).RetentionInDays);
    },
    "AWS::Events::Archive": (properties) => {
      deployed.archiveDays = Math.max(deployed.archiveDays, Archive.parse(properties).RetentionDays);
    },
  };
  for (const { Resources = {} } of stacks) {
    for (const [id, { Type, Properties = {}, Metadata }] of Object.entries(Resources)) {
      counters[Type]?.(Properties, id, Path.safeParse(Metadata).data?.["aws:cdk:path"] ?? "");
    }
  }
  return deployed;
}

/** The period of each metric that an alarm reads, seconds. */
function periodsRead({ MetricName, Period = 60, Metrics = [] }: z.infer<typeof Alarm>, id: string): number[] {
  if (Metrics.some(({ Expression }) => /\b(SELECT|SEARCH)\b/.test(Expression ?? ""))) {
    throw new Error(`alarm ${id} reads as many metrics as its query finds: no template tells what it costs`);
  }
  const stats = Metrics.flatMap(({ MetricStat }) => (MetricStat ? [MetricStat.Period] : []));
  return MetricName === undefined ? stats : [Period, ...stats];
}

/** `…/Vendors/<name>/Integration/Function/Resource` is that integration, `…/Platform/Optimiser/Function/Resource` the optimiser. */
function functionAt(path: string, id: string): { name: string; isIntegration: boolean } {
  const [, vendor, name] = /(?:\/([\w-]+))?\/(\w+)\/Function\/Resource$/.exec(path) ?? [];
  if (name === undefined) throw new Error(`function ${id}: which is it? Its path is "${path}"`);
  const isIntegration = name === "Integration" && vendor !== undefined;
  return { name: isIntegration ? vendor : name.toLowerCase(), isIntegration };
}

const FROM_MS = Date.parse("2026-11-02T00:00:00Z");
/** Every cadence repeats within a week. */
const WEEK_HOURS = 168;

function runsInMonth({ ScheduleExpression, ScheduleExpressionTimezone }: z.infer<typeof Schedule>): number {
  const next = compileSchedule(ScheduleExpression, ScheduleExpressionTimezone, FROM_MS);
  const untilMs = FROM_MS + WEEK_HOURS * HOUR_MS;
  let runs = 0;
  for (let atMs = next(FROM_MS); atMs !== undefined && atMs <= untilMs; atMs = next(atMs)) runs += 1;
  return (runs * HOURS_PER_MONTH) / WEEK_HOURS;
}
