import { TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import type { Construct } from "constructs";
import { houseAlarm, type Watch } from "../house-alarm.ts";
import { headroomMetric } from "./headroom-metric.ts";

/** How far ahead the stored signals reach; that nobody asks for them at all is `silent`. */
export function watchSignals(scope: Construct, watch: Watch): void {
  if (watch.stage.watch !== "all") return;
  const service = { service: "signals" };
  houseAlarm(scope, "PricesStale", watch, {
    what: "prices-stale",
    // Agile's day ends at 23:00 and the next appears from 16:00 to 20:00: less than three hours are left when it is late.
    broken: "Prices are known for less than three hours: then cars charge before their deadline at any price.",
    firstAction: "read SIGNAL_FETCH_FAILED in the signals' log group, and ask the feed by hand.",
    kind: "page",
    withinMinutes: 40,
    metric: headroomMetric("price_hours_ahead", service, "Minimum", 60),
    when: { below: 3 },
    periods: { breaching: 1, of: 1 },
    missing: TreatMissingData.NOT_BREACHING,
  });
  houseAlarm(scope, "CarbonStale", watch, {
    what: "carbon-stale",
    broken: "Carbon intensity is known for less than six hours of its usual 48: plans soon weigh money alone.",
    firstAction: "read SIGNAL_FETCH_FAILED in the signals' log group, and ask the feed by hand.",
    kind: "ticket",
    withinMinutes: 40,
    metric: headroomMetric("carbon_hours_ahead", service, "Minimum", 60),
    when: { below: 6 },
    periods: { breaching: 1, of: 1 },
    missing: TreatMissingData.NOT_BREACHING,
  });
}
