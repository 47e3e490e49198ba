import { canCommand, isBilled, type Manifest } from "../../shared/domain/manifest.ts";
import { OBJECTIVES } from "../alarms/burn-rate.ts";
import { FRESHNESS } from "../alarms/freshness.ts";
import { downOf, headroomMetric, judged, own } from "../alarms/headroom-metric.ts";
import { type Chart, counted, type Dashboard, level } from "./chart.ts";

/** For whoever runs operations: what was promised to whom, and whether it was kept. */
export function flexibility(manifests: readonly Manifest[]): Dashboard {
  const commanded = manifests.filter(canCommand);
  const billed = manifests.filter(isBilled);
  return {
    id: "flexibility",
    question: "Is flexibility being delivered?",
    charts: [
      confirmedShare(commanded),
      freshShare(manifests),
      commands("Commands confirmed", "commands_confirmed", commanded),
      commands("Commands missed", "commands_missed", commanded),
      {
        title: "Commands whose fate is unknown, most in 15 min",
        unit: "commands",
        lines: commanded.map((manifest) =>
          counted(manifest.name, headroomMetric("commands_unknown", judged(manifest), "Maximum", 15)),
        ),
        limits: [{ is: "alarm", label: "alarm after 18 min", value: 1 }],
      },
      {
        title: "Cars that charge without a plan, each half-hour",
        unit: "cars",
        lines: [counted("cars without a plan", headroomMetric("plans_stale", { service: "optimiser" }, "Sum", 30))],
        limits: [{ is: "alarm", label: "alarm when it lasts", value: 1 }],
      },
      vendorsDown(manifests),
      hoursAhead(),
      ...(billed.length > 0 ? [money(billed)] : []),
      loginsLost(manifests),
    ],
  };
}

function confirmedShare(manifests: readonly Manifest[]): Chart {
  return {
    title: "Commands proved by readings, each hour",
    unit: "percent",
    most: 100,
    lines: manifests.map((manifest) => ({
      label: manifest.name,
      metrics: {
        confirmed: headroomMetric("commands_confirmed", judged(manifest), "Sum", 60),
        missed: headroomMetric("commands_missed", judged(manifest), "Sum", 60),
      },
      // An hour without a verdict has no share.
      expression: "100 * FILL(confirmed, 0) / (FILL(confirmed, 0) + FILL(missed, 0))",
    })),
    limits: [objective(OBJECTIVES.confirmedCommands)],
  };
}

function freshShare(manifests: readonly Manifest[]): Chart {
  return {
    title: "Assets read when their turn came, each hour",
    unit: "percent",
    most: 100,
    lines: manifests.map((manifest) => ({
      label: manifest.name,
      metrics: FRESHNESS.metrics(manifest, 60),
      expression: `100 * (1 - ${FRESHNESS.notRead} / ${FRESHNESS.all})`,
    })),
    limits: [objective(OBJECTIVES.freshness)],
  };
}

const objective = (percent: number) => ({ is: "objective", label: `objective ${percent} %`, value: percent }) as const;

function commands(
  what: string,
  metric: "commands_confirmed" | "commands_missed",
  manifests: readonly Manifest[],
): Chart {
  return {
    title: `${what}, each half-hour`,
    unit: "commands",
    stacked: true,
    lines: manifests.map((manifest) => counted(manifest.name, headroomMetric(metric, judged(manifest), "Sum", 30))),
  };
}

function vendorsDown(manifests: readonly Manifest[]): Chart {
  return {
    title: "Vendors whose outage is announced, each 5 min",
    unit: "vendors",
    stacked: true,
    lines: manifests.map((manifest) => counted(manifest.name, downOf(manifest, 5))),
  };
}

function hoursAhead(): Chart {
  const service = { service: "signals" };
  return {
    title: "How far ahead prices and carbon intensity are known",
    unit: "hours",
    lines: [
      level("price", headroomMetric("price_hours_ahead", service, "Minimum", 60)),
      level("carbon intensity", headroomMetric("carbon_hours_ahead", service, "Minimum", 60)),
    ],
    limits: [
      { is: "alarm", label: "alarm: price below 3", value: 3 },
      { is: "alarm", label: "alarm: carbon below 6", value: 6 },
    ],
  };
}

function money(manifests: readonly Manifest[]): Chart {
  return {
    title: "What vendors' calls cost, each hour",
    unit: "US dollars",
    stacked: true,
    lines: manifests.map((manifest) =>
      level(manifest.name, headroomMetric("vendor_cost_usd", own(manifest), "Sum", 60)),
    ),
  };
}

function loginsLost(manifests: readonly Manifest[]): Chart {
  return {
    title: "Logins found to need their owner, each hour",
    unit: "logins",
    stacked: true,
    lines: manifests.map((manifest) => counted(manifest.name, headroomMetric("logins_lost", own(manifest), "Sum", 60))),
  };
}
