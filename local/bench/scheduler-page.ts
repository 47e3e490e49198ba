import { grouped, markdownTable } from "./growth.ts";
import { PRICES, USED, type Usage } from "./prices.ts";
import type { Load, Outage, Steady } from "./scheduler-run.ts";
import type { TickLine } from "./scheduler-ticks.ts";

export type SchedulerRun = { machine: readonly string[]; steady: Steady; outage: Outage; ticks: readonly TickLine[] };
export type Verdict = { isMet: boolean; what: string };

/** Of the issue that asked for it. */
const TARGETS = { peakToMean: 1.25, probes: 400, freshMinutes: 20, usdPerAssetMonth: 0.0035 };

const peakToMean = ({ peakPerSecond, meanPerSecond }: Load) => peakPerSecond / meanPerSecond;

export function verdicts({ steady, outage }: Pick<SchedulerRun, "steady" | "outage">): Verdict[] {
  const { load, usd } = steady;
  const hasHerd =
    outage.later.busiestMinute > load.busiestMinute * 1.02 || outage.later.quietestMinute < load.quietestMinute * 0.98;
  return [
    {
      isMet: peakToMean(load) <= TARGETS.peakToMean,
      what: `peak ${peakToMean(load).toFixed(2)} times the mean of calls in a second, at most ${TARGETS.peakToMean}`,
    },
    { isMet: outage.probes <= TARGETS.probes, what: `${outage.probes} calls in the outage, at most ${TARGETS.probes}` },
    {
      isMet: outage.freshMinutes <= TARGETS.freshMinutes,
      what: `99 % looked at ${outage.freshMinutes.toFixed(1)} minutes after it, at most ${TARGETS.freshMinutes}`,
    },
    { isMet: !hasHerd, what: "a minute's load 90 minutes after it within the steady one" },
    {
      isMet: usd.total <= TARGETS.usdPerAssetMonth,
      what: `$${usd.total.toFixed(5)} for an asset in a month, at most $${TARGETS.usdPerAssetMonth}`,
    },
  ];
}

const NAMES: Record<keyof Usage, string> = {
  writeUnits: "DynamoDB writes, units of 1 KB",
  readUnits: "DynamoDB reads, units of 4 KB",
  invokes: "Lambda invocations",
  gbSeconds: "Lambda GB-seconds",
  events: "EventBridge events of 64 KB",
  queueRequests: "SQS requests of 64 KB",
  logBytes: "CloudWatch log bytes",
  kmsRequests: "KMS requests",
};

export function costTable({ usage, usd, looks }: Steady): string {
  const rows = USED.map((name) => [
    NAMES[name],
    (usage[name] / looks).toPrecision(3),
    `$${usd[name].toFixed(6)}`,
    `${Math.round((100 * usd[name]) / usd.total)} %`,
  ]);
  return markdownTable(
    ["", "for each look", "for an asset in a month", "share"],
    [...rows, ["all", "", `$${usd.total.toFixed(6)}`, "100 %"]],
  );
}

export function schedulerMarkdown(run: SchedulerRun): string {
  const { machine, steady, outage, ticks } = run;
  const load = (name: string, one: Load) => [
    name,
    one.meanPerSecond.toFixed(1),
    grouped(one.peakPerSecond),
    peakToMean(one).toFixed(2),
    `${one.quietestMinute.toFixed(1)}–${one.busiestMinute.toFixed(1)}`,
  ];
  return [
    machine.join("; "),
    "### Targets",
    verdicts(run)
      .map(({ isMet, what }) => `- ${isMet ? "met" : "**short**"}: ${what}`)
      .join("\n"),
    "### Calls that begin in a second",
    markdownTable(
      ["", "mean", "peak", "peak / mean", "mean of a minute, least–most"],
      [
        load(`steady, ${steady.minutes} minutes`, steady.load),
        load("30 minutes from the end of the outage", outage.recovering),
        load("90 to 105 minutes after it", outage.later),
      ],
    ),
    `An outage of ${outage.minutes} minutes: ${outage.probes} calls in it, the first answer ${outage.firstMinutes.toFixed(1)} minutes after its end, 99 % of the assets looked at after ${outage.freshMinutes.toFixed(1)}. At most ${steady.mostAtOnce} invocations of the integration at once.`,
    "### What it costs",
    `${grouped(steady.looks)} looks at ${grouped(steady.assets)} assets. Prices of ${PRICES.region}, ${PRICES.asOf}: ${PRICES.source}.`,
    costTable(steady),
    "### A tick's processor time",
    markdownTable(
      ["members", "due", "ms", "ms for 1,000 due"],
      ticks.map(({ members, due, cpuMs }) => [
        grouped(members),
        grouped(due),
        cpuMs.toFixed(1),
        ((1000 * cpuMs) / due).toFixed(1),
      ]),
    ),
  ].join("\n\n");
}
