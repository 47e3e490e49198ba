import { TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import type { Construct } from "constructs";
import type { ThrottleReason } from "../../shared/domain/metric.ts";
import { houseAlarm, type Watch } from "../house-alarm.ts";
import { headroomMetric } from "./headroom-metric.ts";

const REASONS: readonly { reason: ThrottleReason; id: string; why: string; firstAction: string }[] = [
  {
    reason: "hot-key",
    id: "HotKey",
    why: "one key gets more than a partition can take",
    firstAction: "switch on Contributor Insights of the table whose ThrottledRequests rose: it names the key.",
  },
  {
    reason: "account-limit",
    id: "AccountLimit",
    why: "the account's quota for the Region is used up",
    firstAction: "look at AccountProvisionedReadCapacityUtilization and the Service Quotas of DynamoDB; raise them.",
  },
  {
    reason: "table-limit",
    id: "TableLimit",
    why: "a table's or an index's throughput limit is reached",
    firstAction: "find the table whose ThrottledRequests rose: did its traffic double within half an hour?",
  },
];

/** DynamoDB's throttles by the reason it gives: each has another remedy. */
export function watchTables(scope: Construct, watch: Watch): void {
  if (watch.stage.watch !== "all") return;
  for (const { reason, id, why, firstAction } of REASONS) {
    houseAlarm(scope, `DynamoDb${id}`, watch, {
      what: `dynamodb-${reason}`,
      broken: `DynamoDB throttles because ${why}: reads and writes are tried again, and what gives up is late for everybody.`,
      firstAction,
      kind: "ticket",
      withinMinutes: 10,
      metric: headroomMetric("dynamodb_throttles", { reason }, "Sum"),
      when: { atLeast: 1 },
      periods: { breaching: 3, of: 5 },
      missing: TreatMissingData.NOT_BREACHING,
    });
  }
}
