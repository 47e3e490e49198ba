import { Duration } from "aws-cdk-lib";
import { TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import type { Queue } from "aws-cdk-lib/aws-sqs";
import type { Construct } from "constructs";
import { houseAlarm, type Watch } from "../house-alarm.ts";

const ONE_DAY_SECONDS = 86_400;

/** Tells when anything has lain in a dead-letter queue for a quarter of an hour, and again when nobody took it up in a day. */
export function watchDeadLetters(
  scope: Construct,
  id: string,
  watch: Watch,
  { what, queue, broken }: { what: string; queue: Queue; broken: string },
): void {
  houseAlarm(scope, id, watch, {
    what,
    broken,
    firstAction: "read one message before moving or purging any: its body says what could not be done.",
    kind: "ticket",
    withinMinutes: 20,
    metric: queue.metricApproximateNumberOfMessagesVisible({ period: Duration.minutes(5), statistic: "Maximum" }),
    when: { atLeast: 1 },
    periods: { breaching: 3, of: 3 },
    // An idle queue stops reporting after some hours.
    missing: TreatMissingData.NOT_BREACHING,
  });
  if (watch.stage.watch !== "all") return;
  houseAlarm(scope, `${id}Old`, watch, {
    what: `${what}-old`,
    broken: `${broken} The oldest has lain there for a day; after 14 SQS deletes it unread.`,
    firstAction: "find who took the ticket on its depth; then redrive or purge.",
    kind: "ticket",
    withinMinutes: 1500,
    metric: queue.metricApproximateAgeOfOldestMessage({ period: Duration.minutes(15), statistic: "Maximum" }),
    when: { atLeast: ONE_DAY_SECONDS },
    periods: { breaching: 1, of: 1 },
    missing: TreatMissingData.NOT_BREACHING,
    section: what,
  });
}
