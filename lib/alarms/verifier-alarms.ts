import { Duration } from "aws-cdk-lib";
import { MathExpression, TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import type { Construct } from "constructs";
import { houseAlarm, type Watch } from "../house-alarm.ts";
import { headroomMetric } from "./headroom-metric.ts";

/** What the verifier's own counts tell, beside its errors and its silence. */
export function watchVerifier(scope: Construct, watch: Watch): void {
  if (watch.stage.watch !== "all") return;
  const service = "verifier";
  houseAlarm(scope, "Unjudged", watch, {
    what: "unjudged",
    broken:
      "Commands cannot be judged, or rows of the ledger cannot be read: nobody learns whether these devices did as they were told.",
    firstAction: "read LEDGER_ROW_UNREADABLE and VERDICT_FAILED in the verifier's log group: they name the commands.",
    kind: "ticket",
    withinMinutes: 10,
    metric: new MathExpression({
      expression: "FILL(failed, 0) + FILL(unreadable, 0)",
      usingMetrics: {
        failed: headroomMetric("verdicts_failed", { service }, "Sum"),
        unreadable: headroomMetric("ledger_rows_unreadable", { service }, "Sum"),
      },
      label: "commands not judged",
      period: Duration.minutes(1),
    }),
    when: { atLeast: 1 },
    periods: { breaching: 3, of: 5 },
    missing: TreatMissingData.NOT_BREACHING,
  });
}
