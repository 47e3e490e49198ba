import { Alarm, ComparisonOperator, type IMetric, type TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import { SnsAction } from "aws-cdk-lib/aws-cloudwatch-actions";
import type { ITopic } from "aws-cdk-lib/aws-sns";
import type { Construct } from "constructs";

/** Where a stage's alarms go, and whose they are. */
export type Watch = {
  stage: string;
  topic: ITopic;
  /** The Lambda's folder, so that an alarm's name leads to it. */
  part: string;
  owner: string;
  runbook: string;
};

type HouseAlarmProps = {
  /** What is wrong, in two or three words; the end of the alarm's name. */
  name: string;
  /** What broke, and for whom. */
  broken: string;
  /** What to do before reading on. */
  firstAction: string;
  metric: IMetric;
  /** The alarm fires when the metric is so … */
  when: { atLeast: number } | { below: number };
  /** … in so many of the last periods. */
  periods: { breaching: number; of: number };
  /** What silence means. Said each time: the default would turn a dead function green. */
  missing: TreatMissingData;
};

/** CloudWatch's limit. */
const DESCRIPTION_LENGTH = 1024;

/** The one way to make an alarm: it says what broke for whom, what to do first, where to read on and whose it is. */
export function houseAlarm(scope: Construct, id: string, watch: Watch, props: HouseAlarmProps): Alarm {
  const { stage, part, owner, runbook, topic } = watch;
  const text = `${props.broken} First: ${props.firstAction} Runbook: ${runbook}. Owner: ${owner}.`;
  if (text.length > DESCRIPTION_LENGTH) throw new Error(`too long for an alarm's description: ${text}`);
  const alarm = new Alarm(scope, id, {
    alarmName: `headroom-${stage}-${part}-${props.name}`,
    alarmDescription: text,
    metric: props.metric,
    ...("atLeast" in props.when
      ? {
          threshold: props.when.atLeast,
          comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        }
      : { threshold: props.when.below, comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD }),
    datapointsToAlarm: props.periods.breaching,
    evaluationPeriods: props.periods.of,
    treatMissingData: props.missing,
  });
  const action = new SnsAction(topic);
  alarm.addAlarmAction(action);
  alarm.addOkAction(action);
  return alarm;
}
