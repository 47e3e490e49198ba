import { Duration } from "aws-cdk-lib";
import { MathExpression, TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import type { Construct } from "constructs";
import { houseAlarm, type Watch } from "../house-alarm.ts";
import { headroomMetric } from "./headroom-metric.ts";

/** What the optimiser's own counts tell, beside its errors and its silence. */
export function watchOptimiser(scope: Construct, watch: Watch): void {
  if (watch.stage.watch !== "all") return;
  houseAlarm(scope, "PlansStale", watch, {
    what: "plans-stale",
    broken:
      "Again and again cars are plugged in for an hour or more, need energy and have no plan: they charge by their owner's own schedule, at any price.",
    firstAction: "look at the age of the oldest message of the Replan queue: a queue that does not move is the cause.",
    kind: "page",
    withinMinutes: 150,
    metric: new MathExpression({
      expression: "FILL(stale, 0)",
      usingMetrics: { stale: headroomMetric("plans_stale", { service: "optimiser" }, "Sum", 30) },
      label: "cars without a plan",
      period: Duration.minutes(30),
    }),
    when: { atLeast: 1 },
    // Counted when a new signal, mostly each half-hour, plans everybody: a car that only missed its own planning counts once.
    periods: { breaching: 2, of: 3 },
    missing: TreatMissingData.NOT_BREACHING,
  });
  houseAlarm(scope, "GivenUp", watch, {
    what: "given-up",
    broken: "A portfolio is too large for five invocations: its assets keep the plans they had until the next signal.",
    firstAction: "read PORTFOLIO_GIVEN_UP in the optimiser's log group: it names portfolio and part.",
    kind: "ticket",
    withinMinutes: 10,
    metric: headroomMetric("portfolios_given_up", { service: "optimiser" }, "Sum", 5),
    when: { atLeast: 1 },
    periods: { breaching: 1, of: 1 },
    missing: TreatMissingData.NOT_BREACHING,
  });
}
