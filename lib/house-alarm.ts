import { Duration } from "aws-cdk-lib";
import {
  Alarm,
  type AlarmBase,
  ComparisonOperator,
  CompositeAlarm,
  type IAlarm,
  type IAlarmRule,
  type IMetric,
  type TreatMissingData,
} from "aws-cdk-lib/aws-cloudwatch";
import { SnsAction } from "aws-cdk-lib/aws-cloudwatch-actions";
import type { Construct, IConstruct } from "constructs";
import type { AlarmKind, AlarmTopics } from "./alarm-topics.ts";
import type { StageConfig } from "./stages.ts";

/** Where a stage's alarms go, and whose they are. */
export type Watch = {
  stage: Pick<StageConfig, "name" | "watch">;
  topics: AlarmTopics;
  /** The Lambda's folder, so that an alarm's name leads to it. */
  part: string;
  owner: string;
  /** The page whose section, headed by the alarm's `what`, says how to go on. */
  runbook: string;
};

/** What whoever is told must know. */
export type Told = {
  /** What is wrong, in two or three words; the end of the alarm's name. */
  what: string;
  /** What broke, and for whom. */
  broken: string;
  /** What to do before reading on. */
  firstAction: string;
  kind: AlarmKind;
  /** Minutes from the cause to the message, by design. */
  withinMinutes: number;
  /** The runbook's section, where one serves several alarms and is headed by the end they share. */
  section?: string;
};

/** When a metric alarm rings. */
export type Condition = {
  metric: IMetric;
  /** The alarm rings when the metric is so … */
  when: { atLeast: number } | { below: number };
  /** … in so many of the last periods. */
  periods: { breaching: number; of: number };
  /** What silence means. Said each time: the default would turn a dead function green. */
  missing: TreatMissingData;
};

/** Holds an alarm's messages back while another one, which is its cause, rings. */
type Suppressor = {
  by: IAlarm;
  /** How long the cause may take to ring after this one. */
  waitMinutes: number;
  /** How long this one may take to calm down after the cause. */
  extensionMinutes: number;
};

/** What is told of each alarm that tells anybody; `name` is the literal one. */
type ToldAlarm = { name: string; kind: AlarmKind };
const TOLD = new WeakMap<IConstruct, ToldAlarm>();

/** CloudWatch's limit. */
const DESCRIPTION_LENGTH = 1024;

/** The one way to make an alarm: it says what broke for whom, what to do first, where to read on and whose it is. */
export function houseAlarm(scope: Construct, id: string, watch: Watch, props: Told & Condition): Alarm {
  return told(metricAlarm(scope, id, nameOf(watch, props.what), textOf(watch, props), props), watch, props);
}

/** One leg of a composite, which tells what it sees: it has no action of its own. */
export function childAlarm(
  scope: Construct,
  id: string,
  watch: Watch,
  { of, leg, ...condition }: Condition & { of: string; leg: string },
): Alarm {
  return metricAlarm(scope, id, nameOf(watch, `${of}-${leg}`), `Part of ${nameOf(watch, of)}.`, condition);
}

/** An alarm on other alarms, told like any other. */
export function houseComposite(
  scope: Construct,
  id: string,
  watch: Watch,
  props: Told & { rule: IAlarmRule; suppressed?: Suppressor },
): CompositeAlarm {
  const { suppressed } = props;
  const alarm = new CompositeAlarm(scope, id, {
    compositeAlarmName: nameOf(watch, props.what),
    alarmDescription: textOf(watch, props),
    alarmRule: props.rule,
    ...(suppressed && {
      actionsSuppressor: suppressed.by,
      actionsSuppressorWaitPeriod: Duration.minutes(suppressed.waitMinutes),
      actionsSuppressorExtensionPeriod: Duration.minutes(suppressed.extensionMinutes),
    }),
  });
  return told(alarm, watch, props);
}

/** Every alarm below this construct that tells somebody, as they were made. */
export function toldAlarms(scope: IConstruct): ToldAlarm[] {
  return scope.node.findAll().flatMap((one) => TOLD.get(one) ?? []);
}

function metricAlarm(
  scope: Construct,
  id: string,
  alarmName: string,
  alarmDescription: string,
  { metric, when, periods, missing }: Condition,
): Alarm {
  return new Alarm(scope, id, {
    alarmName,
    alarmDescription,
    metric,
    ...("atLeast" in when
      ? { threshold: when.atLeast, comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD }
      : { threshold: when.below, comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD }),
    datapointsToAlarm: periods.breaching,
    evaluationPeriods: periods.of,
    treatMissingData: missing,
  });
}

/** Told when it begins and when it is over. */
function told<A extends AlarmBase>(alarm: A, watch: Watch, { kind, what }: Told): A {
  TOLD.set(alarm, { name: nameOf(watch, what), kind });
  const action = new SnsAction(watch.topics[kind]);
  alarm.addAlarmAction(action);
  alarm.addOkAction(action);
  return alarm;
}

function nameOf({ stage, part }: Watch, what: string): string {
  return `headroom-${stage.name}-${part}-${what}`;
}

function textOf({ runbook, owner }: Watch, { broken, firstAction, kind, withinMinutes, what, section }: Told): string {
  const text = `${broken} First: ${firstAction} Runbook: ${runbook}#${section ?? what}. Owner: ${owner}. A ${kind}. Rings within ${withinMinutes} min.`;
  if (text.length > DESCRIPTION_LENGTH) throw new Error(`too long for an alarm's description: ${text}`);
  return text;
}
