import { TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import type { Construct } from "constructs";
import { houseAlarm, type Watch } from "../house-alarm.ts";
import { headroomMetric } from "./headroom-metric.ts";

/** What the scheduler's own counts tell, beside its errors and its silence. */
export function watchScheduler(scope: Construct, watch: Watch): void {
  if (watch.stage.watch !== "all") return;
  houseAlarm(scope, "Lag", watch, {
    what: "lag",
    broken: "The slowest wheel is five minutes or more behind: telemetry grows old for everybody on it.",
    firstAction: "read SCHEDULE_FAILED in the scheduler's log group: it names the integration whose minute failed.",
    kind: "page",
    withinMinutes: 15,
    metric: headroomMetric("scheduler_lag_seconds", { service: "scheduler" }, "Maximum"),
    when: { atLeast: 300 },
    periods: { breaching: 3, of: 5 },
    // Without a tick there is no lag to tell; `silent` is about that.
    missing: TreatMissingData.NOT_BREACHING,
  });
  houseAlarm(scope, "RowsRefused", watch, {
    what: "rows-refused",
    broken: "Stored rows of the schedule do not fit their schema: their assets are not looked at.",
    firstAction: "read SCHEDULE_ROW_REFUSED in the scheduler's log group: it names the rows.",
    kind: "ticket",
    withinMinutes: 10,
    metric: headroomMetric("stored_rows_refused", { service: "scheduler" }, "Sum", 5),
    when: { atLeast: 1 },
    periods: { breaching: 1, of: 1 },
    missing: TreatMissingData.NOT_BREACHING,
  });
}
