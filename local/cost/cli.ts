import { Command, CommanderError, InvalidArgumentError } from "commander";
import { loadManifests } from "../../lib/manifests.ts";
import type { StageConfig } from "../../lib/stages.ts";
import { isBilled } from "../../shared/domain/manifest.ts";
import { HOURS_PER_MONTH } from "../bench/prices.ts";
import { MANIFESTS as NIGHT_MANIFESTS } from "../simulate/manifests.ts";
import { assetItems, fixedItems, furtherLooks, metricsBilled, totalUsd, vendorUsd } from "./bill.ts";
import { LARGEST_COUNTED, lookUsage } from "./looks.ts";
import { fleetNight, idleTicks } from "./night.ts";
import { billText } from "./page.ts";
import { deployedBy } from "./template.ts";

type Out = { write: (text: string) => unknown };
type Options = { assets: number; cadence: number; stage: StageConfig["name"]; check?: boolean };

/** What a stage may cost in a month before its fleet costs anything; of dev, with nothing enrolled at all. */
const MOST_USD = { prod: 60, dev: 5 };
const NIGHT_ASSETS = 30;
const DAYS_PER_MONTH = HOURS_PER_MONTH / 24;

/** Exit code 0; 1 with --check when the bar is not met; 2 when the options are not understood. */
export async function runCost(argv: readonly string[], { out, err }: { out: Out; err: Out }): Promise<number> {
  try {
    const { assets, cadence, stage, check } = program(err)
      .parse([...argv], { from: "user" })
      .opts<Options>();
    const { text, isMet } = await bill(assets, cadence, stage);
    out.write(`${text}\n`);
    return check && !isMet ? 1 : 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    throw error;
  }
}

function program(err: Out): Command {
  return new Command("npm run cost --")
    .description("Prints what a stage costs in a month, from counted operations and a dated price table.")
    .option("--assets <n>", "how many are enrolled; 0 is an idle stage", whole(0, 10_000_000), 1_000)
    .option("--cadence <minutes>", "how often each is looked at", whole(1, 1440), 15)
    .option("--stage <name>", "dev or prod", stageName, "prod")
    .option("--check", `fails when the fixed bill is above its bar: prod $${MOST_USD.prod}, dev idle $${MOST_USD.dev}`)
    .configureOutput({ writeErr: (text) => void err.write(text) })
    .exitOverride();
}

function stageName(text: string): string {
  if (text !== "dev" && text !== "prod") throw new InvalidArgumentError("there are dev and prod.");
  return text;
}

const whole = (least: number, most: number) => (text: string) => {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= least && value <= most)) throw new InvalidArgumentError(`a whole number from ${least} to ${most}.`);
  return value;
};

async function bill(assets: number, cadenceMinutes: number, name: StageConfig["name"]) {
  // The CDK is large, and who only asks for help does not need it.
  const [{ synthesise }, { stagesFrom }] = await Promise.all([
    import("../../lib/app.ts"),
    import("../../lib/stages.ts"),
  ]);
  const stage = stagesFrom({})[name];
  const manifests = await loadManifests();
  const assembly = await synthesise({ validate: false, stages: [stage], manifests });
  const deployed = deployedBy(assembly.stacksRecursively.map(({ template }) => template));
  const idle = await idleTicks(deployed, manifests);
  const sent = (metrics: number) => (deployed.sendsMetrics ? metrics : 0);
  const idleItems = fixedItems(deployed, idle.each, sent(idle.metrics.size));
  const page = {
    ...{ stage: stage.name, assets, cadenceMinutes, fixed: idleItems, each: [], vendors: [] },
    counted: {
      largestFleet: LARGEST_COUNTED,
      nightAssets: NIGHT_ASSETS,
      nightHours: 0,
      commandsPerDay: 0,
      looksPerDay: 0,
    },
  };
  const mostUsd = MOST_USD[stage.name];
  const verdict = (what: string, usd: number) => ({ bar: { what, usd, mostUsd }, isMet: usd <= mostUsd });
  if (assets === 0) {
    const { bar, isMet } = verdict("idle", totalUsd(idleItems));
    return { text: billText({ ...page, bar }), isMet };
  }
  const night = await fleetNight(deployed, { assets: NIGHT_ASSETS, cadenceMinutes }, idle.each);
  const look = await lookUsage(assets, cadenceMinutes);
  const metrics = metricsBilled(idle.metrics, night.metrics, {
    nightVendors: NIGHT_MANIFESTS.map(({ name }) => name),
    integrations: deployed.integrations,
  });
  const priced = manifests.filter(isBilled);
  // What a vendor's calls cost is told by the handler around what the night plays: one metric for each that bills them.
  const fixed = fixedItems(deployed, idle.each, sent(metrics + priced.length));
  const commandsPerDay = night.commands / night.assets;
  const looksPerDay = furtherLooks(night, cadenceMinutes);
  const monthly = {
    looks: (HOURS_PER_MONTH * 60) / cadenceMinutes + looksPerDay * DAYS_PER_MONTH,
    commands: commandsPerDay * DAYS_PER_MONTH,
  };
  const { bar, isMet } =
    stage.name === "dev" ? verdict("idle", totalUsd(idleItems)) : verdict("fixed", totalUsd(fixed));
  const text = billText({
    ...page,
    fixed,
    each: assetItems(deployed, { look, cadenceMinutes, night }),
    vendors: priced.map((manifest) => {
      const { looks, commands } = vendorUsd(manifest, monthly);
      const budgetUsd = manifest.budgetUsdPerDeviceMonth;
      return { name: manifest.vendor, looksUsd: looks, commandsUsd: commands, budgetUsd };
    }),
    counted: { ...page.counted, nightHours: night.hours, commandsPerDay, looksPerDay },
    bar,
  });
  return { text, isMet };
}
