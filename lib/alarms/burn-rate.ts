import { Duration } from "aws-cdk-lib";
import {
  AlarmRule,
  AlarmState,
  type IAlarmRule,
  MathExpression,
  type Metric,
  TreatMissingData,
} from "aws-cdk-lib/aws-cloudwatch";
import type { Construct } from "constructs";
import { childAlarm, type Watch } from "../house-alarm.ts";

/** What share of events must be good over 30 days, percent. */
export const OBJECTIVES = {
  /** Looks at assets whose turn came, without those whose owner must act. */
  freshness: 99,
  /** Commands whose effect a reading proved. Lower targets could not burn 14.4 times as fast as they may. */
  confirmedCommands: 97,
} as const;

/**
 * Google's SRE workbook, "Alerting on SLOs", multiwindow multi-burn-rate: 2 % of a month's budget gone in an hour (30 × 24 h ×
 * 2 % / 1 h = 14.4 times too fast), 5 % in six hours (6 times). The short window makes the page end soon after its cause.
 */
const PAIRS = [
  { burn: 14.4, long: { leg: "1h", minutes: 60 }, short: { leg: "5m", minutes: 5 } },
  { burn: 6, long: { leg: "6h", minutes: 360 }, short: { leg: "30m", minutes: 30 } },
] as const;

type BurnRate = {
  /** The composite's `what`. */
  of: string;
  objectivePercent: number;
  /** Metric math over `metrics`: events that were bad, and all of them; 0 where nothing was counted. */
  bad: string;
  all: string;
  metrics: (minutes: number) => Record<string, Metric>;
  /** Fewer events than these in a long window say nothing. */
  leastEvents: number;
};

/** Four alarms without actions, and the rule that is true when a month's budget of bad events goes too fast. */
export function burnRate(
  scope: Construct,
  watch: Watch,
  { of, objectivePercent, leastEvents, ...slo }: BurnRate,
): IAlarmRule {
  const badPercent = `100 * (${slo.bad}) / (${slo.all})`;
  const pairs = PAIRS.map(({ burn, long, short }) => {
    const leg = ({ leg, minutes }: { leg: string; minutes: number }, expression: string, missing: TreatMissingData) =>
      childAlarm(scope, leg, watch, {
        of,
        leg,
        metric: new MathExpression({
          expression,
          usingMetrics: slo.metrics(minutes),
          label: "bad, percent",
          period: Duration.minutes(minutes),
        }),
        when: { atLeast: Number((burn * (100 - objectivePercent)).toFixed(2)) },
        periods: { breaching: 1, of: 1 },
        missing,
      });
    return AlarmRule.allOf(
      ...[
        leg(long, `IF((${slo.all}) >= ${leastEvents}, ${badPercent}, 0)`, TreatMissingData.NOT_BREACHING),
        // Nothing happened (0 / 0 is no value): nothing shows that it is over. The long window ends it in any case.
        leg(short, badPercent, TreatMissingData.IGNORE),
      ].map((alarm) => AlarmRule.fromAlarm(alarm, AlarmState.ALARM)),
    );
  });
  return AlarmRule.anyOf(...pairs);
}
