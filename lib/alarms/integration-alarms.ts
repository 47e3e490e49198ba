import { Duration } from "aws-cdk-lib";
import { type Alarm, MathExpression, TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import { Construct } from "constructs";
import { canCommand, type Manifest } from "../../shared/domain/manifest.ts";
import { slowestTurnMinutes } from "../../shared/domain/wheel.ts";
import { houseAlarm, houseComposite, type Watch } from "../house-alarm.ts";
import { burnRate, OBJECTIVES } from "./burn-rate.ts";
import { FRESHNESS } from "./freshness.ts";
import { downOf, headroomMetric, judged, unlessDown } from "./headroom-metric.ts";
import { watchLooks } from "./look-alarms.ts";

/** One vendor's alarms. Its outage is one page: what follows from it is held back while that rings. */
export function watchIntegration(
  scope: Construct,
  watch: Watch,
  manifest: Manifest,
  vendorBudgetUsdPerDay: number,
): void {
  if (watch.stage.watch !== "all") return;
  const down = vendorDown(scope, watch, manifest);
  notRead(scope, watch, manifest, down);
  if (canCommand(manifest)) {
    notConfirmed(scope, watch, manifest, down);
    unknownCommands(scope, watch, manifest);
  }
  watchLooks(scope, watch, manifest, vendorBudgetUsdPerDay);
}

function vendorDown(scope: Construct, watch: Watch, manifest: Manifest): Alarm {
  const { name, vendor } = manifest;
  return houseAlarm(scope, "VendorDown", watch, {
    what: "vendor-down",
    broken: `${vendor}'s cloud is down, or lets none of our customers in: nobody there is read or commanded.`,
    firstAction: `run \`npm run ops -- why-late ${name}\`, which counts the assets, and look at ${vendor}'s status page.`,
    kind: "page",
    withinMinutes: 20,
    metric: downOf(manifest, 1),
    when: { atLeast: 1 },
    // The scheduler sends it each minute while the outage is announced; a late tick does not end it.
    periods: { breaching: 1, of: 3 },
    missing: TreatMissingData.NOT_BREACHING,
  });
}

/**
 * Of few customers it takes a quarter of an hour to say that their vendor is down, and they are all old before that. Once it is over, each asset counts as not read until its next
 * turn, and the slow pair's half-hour has to pass.
 */
const vendorDownFirst = (down: Alarm, manifest: Manifest) => ({
  by: down,
  waitMinutes: 15,
  extensionMinutes: slowestTurnMinutes(manifest.streams) + 40,
});

function notRead(scope: Construct, watch: Watch, manifest: Manifest, down: Alarm): void {
  const { name, onFailure } = manifest;
  const here = new Construct(scope, "NotRead");
  houseComposite(here, "Told", watch, {
    what: "not-read",
    broken: `${onFailure.impact} So many of its assets are not read when their turn comes or a command is to be proved, without those whose owner must act, that a month's 1 % is gone in days.`,
    firstAction: `run \`npm run ops -- why-late ${name}\`: one cause for all is the vendor or our own login.`,
    kind: "page",
    // A reading counts as old after twice its cadence; then nine minutes of nothing but those are 14.4 % of an hour, and its vendor's outage may come first.
    withinMinutes: 2 * slowestTurnMinutes(manifest.streams) + 30,
    rule: burnRate(here, watch, {
      of: "not-read",
      objectivePercent: OBJECTIVES.freshness,
      // What is old because the scheduler stood still is its alarms' business.
      bad: `IF(FILL(lag, 0) >= 300, 0, ${FRESHNESS.notRead})`,
      all: FRESHNESS.all,
      metrics: (minutes) => ({
        lag: headroomMetric("scheduler_lag_seconds", { service: "scheduler" }, "Maximum", minutes),
        ...FRESHNESS.metrics(manifest, minutes),
      }),
      leastEvents: 10,
    }),
    suppressed: vendorDownFirst(down, manifest),
  });
}

function notConfirmed(scope: Construct, watch: Watch, manifest: Manifest, down: Alarm): void {
  const here = new Construct(scope, "NotConfirmed");
  houseComposite(here, "Told", watch, {
    what: "not-confirmed",
    broken: `${manifest.vendor}'s devices do not do what they are told, and it is not their owners' doing: flexibility that was planned is not delivered.`,
    firstAction: "read VERDICT in the verifier's log group by fault: one class for all names the cause.",
    kind: "page",
    withinMinutes: 55,
    rule: burnRate(here, watch, {
      of: "not-confirmed",
      objectivePercent: OBJECTIVES.confirmedCommands,
      bad: "FILL(missed, 0)",
      all: "FILL(missed, 0) + FILL(confirmed, 0)",
      metrics: (minutes) => ({
        missed: headroomMetric("commands_missed", judged(manifest), "Sum", minutes),
        confirmed: headroomMetric("commands_confirmed", judged(manifest), "Sum", minutes),
      }),
      leastEvents: 5,
    }),
    suppressed: vendorDownFirst(down, manifest),
  });
}

function unknownCommands(scope: Construct, watch: Watch, manifest: Manifest): void {
  houseAlarm(scope, "UnknownCommands", watch, {
    what: "unknown-commands",
    broken: `Commands were begun and nobody knows whether ${manifest.vendor} took them: these devices get no other command.`,
    firstAction: "list them: each is `sending` or `unknown` in `npm run ops -- commands <asset>`.",
    kind: "ticket",
    withinMinutes: 30,
    metric: new MathExpression({
      expression: unlessDown("FILL(unknown, 0)"),
      usingMetrics: {
        unknown: headroomMetric("commands_unknown", judged(manifest), "Maximum"),
        down: downOf(manifest, 1),
      },
      label: "commands unknown",
      period: Duration.minutes(1),
    }),
    when: { atLeast: 1 },
    // Of few customers it takes a quarter of an hour to say that their vendor is down.
    periods: { breaching: 18, of: 20 },
    missing: TreatMissingData.NOT_BREACHING,
  });
}
