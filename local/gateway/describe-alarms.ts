import { z } from "zod";
import type { Alarms, AlarmView } from "../cloudwatch/alarms.ts";
import { ACCOUNT, REGION } from "../identity.ts";

export const DescribeAlarms = z.strictObject({
  AlarmNames: z.array(z.string()).optional(),
  AlarmNamePrefix: z.string().optional(),
  /** Composite alarms are told only when asked for. */
  AlarmTypes: z.array(z.enum(["MetricAlarm", "CompositeAlarm"])).default(["MetricAlarm"]),
  StateValue: z.enum(["OK", "ALARM", "INSUFFICIENT_DATA"]).optional(),
  /** All fit into one page here. */
  MaxRecords: z.number().optional(),
});

/** CloudWatch's DescribeAlarms: what the alarms are and since when, without their definitions. */
export function describeAlarms(alarms: Alarms, input: z.infer<typeof DescribeAlarms>): object {
  const { AlarmNames, AlarmNamePrefix = "", AlarmTypes, StateValue } = input;
  const found = alarms
    .views()
    .filter(({ alarm, state }) => alarm.name.startsWith(AlarmNamePrefix) && state === (StateValue ?? state))
    .filter(({ alarm }) => AlarmNames?.includes(alarm.name) ?? true);
  const ofKind = (type: (typeof AlarmTypes)[number], kind: AlarmView["alarm"]["kind"]) =>
    AlarmTypes.includes(type) ? found.filter(({ alarm }) => alarm.kind === kind).map(described) : [];
  return { MetricAlarms: ofKind("MetricAlarm", "metric"), CompositeAlarms: ofKind("CompositeAlarm", "composite") };
}

function described({ alarm, state, reason, sinceMs, suppressedBy }: AlarmView): object {
  return {
    AlarmName: alarm.name,
    AlarmArn: `arn:aws:cloudwatch:${REGION}:${ACCOUNT}:alarm:${alarm.name}`,
    AlarmDescription: alarm.description,
    AlarmActions: alarm.actions.ALARM,
    OKActions: alarm.actions.OK,
    InsufficientDataActions: alarm.actions.INSUFFICIENT_DATA,
    StateValue: state,
    StateReason: reason,
    StateUpdatedTimestamp: sinceMs / 1000,
    StateTransitionedTimestamp: sinceMs / 1000,
    ...(suppressedBy && { ActionsSuppressedBy: suppressedBy }),
  };
}
