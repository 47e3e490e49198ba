import { z } from "zod";

const withoutEffect = (reason: string) => z.unknown().describe(reason).optional();

const actions = {
  ActionsEnabled: z.boolean().default(true),
  AlarmActions: z.array(z.string().startsWith("arn:aws:sns:", "only topics are told")).default([]),
  OKActions: z.array(z.string().startsWith("arn:aws:sns:", "only topics are told")).default([]),
  InsufficientDataActions: z.array(z.string().startsWith("arn:aws:sns:", "only topics are told")).default([]),
  AlarmName: z.string().optional(),
  AlarmDescription: z.string().default(""),
  Tags: withoutEffect("nobody reads tags here"),
};
const dimensions = z.array(z.strictObject({ Name: z.string(), Value: z.string() })).default([]);
const period = z
  .number()
  .int()
  .refine((seconds) => seconds >= 60 && seconds % 60 === 0, "only whole minutes are supported");
const unit = withoutEffect("units are not kept");
const label = withoutEffect("text for people");

export const MetricQuery = z.strictObject({
  Id: z.string().regex(/^[a-z]\w*$/, "an id begins with a small letter"),
  Expression: z.string().optional(),
  MetricStat: z
    .strictObject({
      Metric: z.strictObject({ Namespace: z.string(), MetricName: z.string(), Dimensions: dimensions }),
      Period: period,
      Stat: z.string(),
      Unit: unit,
    })
    .optional(),
  Period: period.optional(),
  Label: label,
  ReturnData: z.boolean().default(true),
});

/** Properties of AWS::CloudWatch::Alarm that are understood; anything else is refused. */
export const MetricAlarmProperties = z.strictObject({
  ...actions,
  Namespace: z.string().optional(),
  MetricName: z.string().optional(),
  Dimensions: dimensions,
  Statistic: z.string().optional(),
  ExtendedStatistic: z.string().optional(),
  Period: period.optional(),
  Unit: unit,
  Metrics: z.array(MetricQuery).optional(),
  ComparisonOperator: z.enum([
    "GreaterThanOrEqualToThreshold",
    "GreaterThanThreshold",
    "LessThanOrEqualToThreshold",
    "LessThanThreshold",
  ]),
  Threshold: z.number(),
  EvaluationPeriods: z.number().int().positive(),
  DatapointsToAlarm: z.number().int().positive().optional(),
  TreatMissingData: z.enum(["breaching", "notBreaching", "ignore", "missing"]).optional(),
  EvaluateLowSampleCountPercentile: z.literal("evaluate").optional(),
});

/** Properties of AWS::CloudWatch::CompositeAlarm that are understood. */
export const CompositeAlarmProperties = z.strictObject({
  ...actions,
  AlarmRule: z.string().max(10_240),
  ActionsSuppressor: z.string().optional(),
  ActionsSuppressorWaitPeriod: z.number().nonnegative().optional(),
  ActionsSuppressorExtensionPeriod: z.number().nonnegative().optional(),
});
