import { readFileSync } from "node:fs";
import { cpus, loadavg, totalmem } from "node:os";
import { Command, InvalidArgumentError } from "commander";
import * as z from "zod";
import { writeOutput } from "../output-file.ts";
import { withFigures } from "./benchmark-page.ts";
import { hasRisen, MOST_RISE } from "./prices.ts";
import { costTable, schedulerMarkdown, verdicts } from "./scheduler-page.ts";
import { outage, type Steady, steady, warmFleet } from "./scheduler-run.ts";
import { type TickLine, tickCpu } from "./scheduler-ticks.ts";

type Options = { assets: number; check?: boolean; docs?: string };

/** A fleet small enough for every change of the code, whose price is compared with the committed one. */
const CHECKED = { assets: 4_000, minutes: 15 };
/** Whole turns: in each, everybody is looked at once. */
const STEADY_MINUTES = 15;
const COMMITTED = new URL("../../docs/scheduler-cost.json", import.meta.url);
const Committed = z.strictObject({ assets: z.number(), minutes: z.number(), usdPerAssetMonth: z.number().positive() });
/** Members and the minutes their wheel turns in: the same due of ever more, then ever more due. */
const WHEELS = [
  [1_000, 1],
  [10_000, 10],
  [100_000, 100],
  [1_000_000, 1000],
  [15_000, 15],
  [75_000, 15],
  [150_000, 15],
] as const;
const print = (line: string) => process.stdout.write(`${line}\n`);

const wholeNumber = (text: string) => {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError("not a whole number above 0");
  return Number(text);
};
const options = new Command("bench:scheduler")
  .description(
    "Runs the real scheduler and the real poll over tables in memory, on virtual time, and prices what they use.",
  )
  .option("--assets <count>", "cars of one vendor, each looked at every 15 minutes", wholeNumber, 100_000)
  .option(
    "--check",
    `only ${CHECKED.assets} assets; fails when their price has risen by ${100 * MOST_RISE} % over docs/scheduler-cost.json`,
  )
  .option("--docs <folder>", "also renew scheduler.md and scheduler-cost.json in this folder")
  .parse()
  .opts<Options>();
process.exitCode = (options.check ? await check() : await all(options)) ? 0 : 1;

async function checkedRun(): Promise<Steady> {
  return steady(await warmFleet(CHECKED.assets), CHECKED.assets, CHECKED.minutes);
}

async function check(): Promise<boolean> {
  const committed = Committed.parse(JSON.parse(readFileSync(COMMITTED, "utf8")));
  const now = await checkedRun();
  print(costTable(now));
  const isDearer = hasRisen(now.usd.total, committed.usdPerAssetMonth);
  const change = 100 * (now.usd.total / committed.usdPerAssetMonth - 1);
  const said = `$${now.usd.total.toFixed(6)} for an asset in a month, ${change.toFixed(1)} % from the committed $${committed.usdPerAssetMonth}`;
  print(isDearer ? `${said}: make it cheaper, or renew docs/scheduler-cost.json with --docs docs and say why` : said);
  return !isDearer;
}

async function all({ assets, docs }: Options): Promise<boolean> {
  const page = docs === undefined ? undefined : `${docs}/scheduler.md`;
  // Before the work, not after it.
  if (page !== undefined) withFigures(readFileSync(page, "utf8"), "scheduler", "");
  const machine = [
    new Date().toISOString().slice(0, 10),
    `${cpus()[0]?.model ?? "unknown processor"}, ${cpus().length} threads, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`,
    `load ${loadavg()
      .map((value) => value.toFixed(2))
      .join(" ")}`,
  ];
  const fleet = await warmFleet(assets);
  const quiet = await steady(fleet, assets, STEADY_MINUTES);
  print(`steady: ${JSON.stringify({ ...quiet.load, looks: quiet.looks })}\n${costTable(quiet)}`);
  const broken = await outage(fleet, assets);
  print(`outage: ${JSON.stringify(broken)}`);
  const ticks: TickLine[] = [];
  for (const [members, periodMinutes] of WHEELS) {
    const line = await tickCpu(members, periodMinutes);
    print(`tick: ${JSON.stringify(line)}`);
    ticks.push(line);
  }
  const run = { machine, steady: quiet, outage: broken, ticks };
  const said = verdicts(run);
  for (const { isMet, what } of said) print(`${isMet ? "met  " : "SHORT"} ${what}`);
  if (page !== undefined) {
    writeOutput(page, withFigures(readFileSync(page, "utf8"), "scheduler", schedulerMarkdown(run)));
    const { usd, ...checked } = await checkedRun();
    const committed = {
      assets: checked.assets,
      minutes: checked.minutes,
      usdPerAssetMonth: Number(usd.total.toFixed(6)),
    };
    writeOutput(`${docs}/scheduler-cost.json`, `${JSON.stringify(committed, undefined, 2)}\n`);
  }
  return said.every(({ isMet }) => isMet);
}
