import { Duration } from "aws-cdk-lib";
import { MathExpression, TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import type { Construct } from "constructs";
import { isBilled, type Manifest, scopeOfTooMany } from "../../shared/domain/manifest.ts";
import { slowestTurnMinutes } from "../../shared/domain/wheel.ts";
import { houseAlarm, type Watch } from "../house-alarm.ts";
import { downOf, headroomMetric, own, unlessDown } from "./headroom-metric.ts";

/** What an integration's own batches tell about its looks, its logins and its vendor's limits. */
export function watchLooks(scope: Construct, watch: Watch, manifest: Manifest, vendorBudgetUsdPerDay: number): void {
  vendorErrors(scope, watch, manifest);
  loginsLost(scope, watch, manifest);
  quarantined(scope, watch, manifest);
  // A limit of one device holds nobody else up: where there are no others, "too many" is a vendor's error like any.
  if (scopeOfTooMany(manifest) !== "device") blocked(scope, watch, manifest);
  if (isBilled(manifest)) money(scope, watch, manifest, vendorBudgetUsdPerDay);
}

function vendorErrors(scope: Construct, watch: Watch, manifest: Manifest): void {
  houseAlarm(scope, "VendorErrors", watch, {
    what: "vendor-errors",
    broken: `A fifth or more of the calls to ${manifest.vendor} fail on its side, and it is not down for everybody: readings are late for some.`,
    firstAction: "count POLL_FAILED in the integration's log group by fault and by account.",
    kind: "ticket",
    withinMinutes: 40,
    metric: new MathExpression({
      expression: unlessDown("100 * FILL(failed, 0) / looks"),
      usingMetrics: {
        failed: headroomMetric("looks_failed_vendor", own(manifest), "Sum", 15),
        looks: headroomMetric("looks", own(manifest), "Sum", 15),
        down: downOf(manifest, 15),
      },
      label: "looks the vendor failed, percent",
      period: Duration.minutes(15),
    }),
    when: { atLeast: 20 },
    // An outage is announced in the first of the two, which then counts as none.
    periods: { breaching: 2, of: 2 },
    missing: TreatMissingData.NOT_BREACHING,
  });
}

/** Customers end their consent one by one; many at once is us or the vendor. */
function loginsLost(scope: Construct, watch: Watch, manifest: Manifest): void {
  const turnMinutes = slowestTurnMinutes(manifest.streams);
  const minutes = Math.max(60, turnMinutes);
  houseAlarm(scope, "LoginsLost", watch, {
    what: "logins-lost",
    broken: `3 % or more of the customers' ${manifest.vendor} logins were refused within ${minutes} minutes: their assets are neither read nor commanded, and they were asked to link again.`,
    firstAction:
      "stop and look before anybody links again: was our client secret, redirect or scope changed, here or at the vendor?",
    kind: "page",
    withinMinutes: minutes + 10,
    metric: new MathExpression({
      // A login is used in each of its turns and lost once.
      expression: unlessDown(`IF(FILL(lost, 0) >= 3, 100 * FILL(lost, 0) * ${minutes / turnMinutes} / used, 0)`),
      usingMetrics: {
        lost: headroomMetric("logins_lost", own(manifest), "Sum", minutes),
        used: headroomMetric("logins_used", own(manifest), "Sum", minutes),
        down: downOf(manifest, minutes),
      },
      label: "logins lost, percent",
      period: Duration.minutes(minutes),
    }),
    when: { atLeast: 3 },
    periods: { breaching: 1, of: 1 },
    missing: TreatMissingData.NOT_BREACHING,
  });
}

function quarantined(scope: Construct, watch: Watch, manifest: Manifest): void {
  houseAlarm(scope, "Quarantined", watch, {
    what: "quarantined",
    broken: `Answers of ${manifest.vendor} cannot be used: dated ahead of our clock, or not in the form that the adapter knows. These assets keep their last reading.`,
    firstAction:
      "read READING_FROM_FUTURE, and POLL_FAILED with fault our-fault or malformed-message: they name the field.",
    kind: "ticket",
    withinMinutes: 35,
    metric: new MathExpression({
      expression: "IF(FILL(kept, 0) + FILL(ours, 0) >= 3, 100 * (FILL(kept, 0) + FILL(ours, 0)) / looks, 0)",
      usingMetrics: {
        kept: headroomMetric("readings_quarantined", own(manifest), "Sum", 30),
        ours: headroomMetric("looks_failed_ours", own(manifest), "Sum", 30),
        looks: headroomMetric("looks", own(manifest), "Sum", 30),
      },
      label: "looks whose answer is not used, percent",
      period: Duration.minutes(30),
    }),
    when: { atLeast: 1 },
    periods: { breaching: 1, of: 1 },
    missing: TreatMissingData.NOT_BREACHING,
  });
}

function blocked(scope: Construct, watch: Watch, manifest: Manifest): void {
  houseAlarm(scope, "Blocked", watch, {
    what: "blocked",
    broken: `${manifest.vendor} answers 429 though we are within the limits that we believe in: looks and commands wait.`,
    firstAction: "lower rateLimits in the integration's manifest; then ask the vendor what it counts.",
    kind: "ticket",
    withinMinutes: 10,
    metric: new MathExpression({
      // Without the zeros CloudWatch would go on judging the last hour that had any.
      expression: "FILL(blocked, 0)",
      usingMetrics: { blocked: headroomMetric("budget_blocked", own(manifest), "Sum", 60) },
      label: "calls refused by the vendor",
      period: Duration.hours(1),
    }),
    when: { atLeast: 3 },
    periods: { breaching: 1, of: 1 },
    missing: TreatMissingData.NOT_BREACHING,
  });
}

function money(scope: Construct, watch: Watch, manifest: Manifest, budgetUsdPerDay: number): void {
  houseAlarm(scope, "Money", watch, {
    what: "money",
    broken: `Calls to ${manifest.vendor} cost four fifths or more of the stage's ${budgetUsdPerDay} USD within a day.`,
    firstAction: "compare looks and commands with those of yesterday: more assets, a faster cadence, or a loop?",
    kind: "ticket",
    withinMinutes: 10,
    metric: headroomMetric("vendor_cost_usd", own(manifest), "Sum", 24 * 60),
    when: { atLeast: 0.8 * budgetUsdPerDay },
    periods: { breaching: 1, of: 1 },
    missing: TreatMissingData.NOT_BREACHING,
  });
}
