import { fork } from "node:child_process";
import { readFileSync } from "node:fs";
import { cpus, loadavg, totalmem } from "node:os";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { checkOutput, writeOutput } from "../output-file.ts";
import { wholeNumber } from "../whole-number.ts";
import { baseGrowth, type FleetRun, fleetMarkdown, withFigures } from "./benchmark-page.ts";
import { growthTable, growthWords } from "./growth.ts";
import type { Yardstick } from "./highs.ts";
import { type BenchCase, benchCases, drawnCases } from "./optimiser-cases.ts";
import { type BenchLine, runCase, runYardstick } from "./optimiser-run.ts";

type Options = {
  cases?: string[];
  quick?: boolean;
  repeats: number;
  highsSeconds: number;
  seed: number;
  html?: string;
  docs?: string;
};
type Job = { bench: BenchCase; repeats: number; yardstickSeconds?: number };

/** Largest relative error that still counts as the same cost. */
const SAME_COST = 1e-6;
const EXACT_GAP = 1e-9;
const LARGEST_FOR_HIGHS = 10_000;
const QUICK_VEHICLES = 10_000;
const pageIn = (folder: string) => `${folder}/benchmark.md`;
const print = (line: string) => process.stdout.write(`${line}\n`);

if (process.send !== undefined) {
  process.once("message", async ({ bench, repeats, yardstickSeconds }: Job) => {
    const result =
      yardstickSeconds === undefined ? runCase(bench, repeats) : await runYardstick(bench, yardstickSeconds);
    process.send?.(result, () => process.disconnect());
  });
} else {
  process.exitCode = (await main()) ? 0 : 1;
}

async function main(): Promise<boolean> {
  const options = new Command("bench:optimiser")
    .description("Times the fleet planner beside a general solver and checks every plan by separate code.")
    .option("--cases <words...>", "only cases whose name contains one of these, for example: base feeders")
    .option("--quick", `only fleets up to ${QUICK_VEHICLES}, two repeats, no general solver above 1,000`)
    .option("--repeats <count>", "timed repeats per case", wholeNumber, 5)
    .option("--highs-seconds <seconds>", "time limit of the general solver; 0 leaves it out", wholeNumber, 60)
    .option("--seed <number>", "seed of the drawn fleets", wholeNumber, Math.floor(Math.random() * 2 ** 31))
    .option("--html <file>", "also write the figures and a drawing of the growth as a page")
    .option("--docs <folder>", "also renew benchmark.md and benchmark-growth.svg in this folder")
    .parse()
    .opts<Options>();
  if (options.html !== undefined) checkOutput("--html", options.html);
  // Before the work, not after it.
  if (options.docs !== undefined) withFigures(readFileSync(pageIn(options.docs), "utf8"), "fleets", "");
  const quick = options.quick === true;
  const chosen = [...benchCases, ...drawnCases(options.seed)].filter(
    ({ name, fleet }) =>
      (options.cases?.some((word) => name.includes(word)) ?? true) && (!quick || fleet.vehicles <= QUICK_VEHICLES),
  );
  const processor = cpus()[0]?.model ?? "unknown processor";
  const load = loadavg().map((value) => value.toFixed(2));
  const machine = [
    `${processor}, ${cpus().length} threads, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`,
    `load ${load.join(" ")}; seed of the drawn fleets ${options.seed}; one process per case, one thread`,
  ];
  for (const line of machine) print(line);

  const lines: BenchLine[] = [];
  const said = new Map<string, string[]>();
  let correct = true;
  for (const bench of chosen) {
    const line = await inProcess<BenchLine>({ bench, repeats: quick ? 2 : options.repeats });
    const largest = quick ? 1000 : LARGEST_FOR_HIGHS;
    let yardstick: Yardstick | undefined;
    if (bench.kind === "exact" && bench.fleet.vehicles <= largest && options.highsSeconds > 0) {
      yardstick = await inProcess<Yardstick>({ bench, repeats: 1, yardstickSeconds: options.highsSeconds });
      line.highsMs = Math.round(yardstick.ms);
      line.ratio = Math.round((yardstick.ms / line.msMedian) * 10) / 10;
    }
    lines.push(line);
    print(JSON.stringify(line));
    const wrong = faults(bench, line, yardstick);
    for (const fault of wrong) print(`  WRONG ${fault}`);
    said.set(bench.name, verdicts(bench, line));
    for (const verdict of said.get(bench.name) ?? []) print(`  ${verdict}`);
    if (wrong.length > 0) correct = false;
  }
  growth(lines);
  await write({ machine: [new Date().toISOString().slice(0, 10), ...machine], lines, verdicts: said }, options);
  print(correct ? "every plan is right" : "some plans are WRONG");
  return correct;
}

/** The drawing library is loaded only here: in the processes of the cases it would count as their memory. */
async function write(run: FleetRun, { html, docs }: Options): Promise<void> {
  const { fleetHtml, growthSvg } = await import("./chart.ts");
  if (html !== undefined) writeOutput(html, fleetHtml(run));
  if (docs === undefined) return;
  const growth = baseGrowth(run.lines);
  const figures = fleetMarkdown(run, growth ? "benchmark-growth.svg" : undefined);
  writeOutput(pageIn(docs), withFigures(readFileSync(pageIn(docs), "utf8"), "fleets", figures));
  if (growth) writeOutput(`${docs}/benchmark-growth.svg`, growthSvg(growth));
}

/** One process per case: its peak of memory is its own, and no case is warmed by another. */
function inProcess<Result>(job: Job): Promise<Result> {
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(import.meta.url), { execArgv: [...process.execArgv, "--expose-gc"] });
    child.once("message", (result) => resolve(result as Result));
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`the process of ${job.bench.name} ended with ${code}`)));
    child.send(job);
  });
}

function faults({ kind }: BenchCase, line: BenchLine, yardstick: Yardstick | undefined): string[] {
  const found = [...line.breaches];
  if (line.gap < 0) found.push(`costs less than its bound: gap ${line.gap}`);
  if ((kind === "exact" || kind === "replan") && line.gap > EXACT_GAP) found.push(`is not proven: gap ${line.gap}`);
  if (line.difference !== null && Math.abs(line.difference) > SAME_COST)
    found.push(`is off the reference by ${line.difference}`);
  if (yardstick?.optimal === true && Math.abs(line.cost - yardstick.costPence) > SAME_COST * Math.abs(line.cost)) {
    found.push(`costs ${line.cost}, by the general solver ${yardstick.costPence}`);
  }
  return found;
}

/** Targets met or short. A target that is short is news, not a failure. */
function verdicts({ target = {} }: BenchCase, line: BenchLine): string[] {
  const said: string[] = [];
  const say = (met: boolean, text: string) => said.push(`${met ? "met  " : "SHORT"} ${text}`);
  const percent = (share: number) => `${(share * 100).toPrecision(3)} %`;
  if (target.ms !== undefined) say(line.msMedian <= target.ms, `${line.msMedian} ms of ${target.ms}`);
  if (target.ratio !== undefined && line.ratio !== null)
    say(line.ratio >= target.ratio, `${line.ratio} x the general solver's speed of ${target.ratio}`);
  if (target.gap !== undefined)
    say(line.gap <= target.gap, `${percent(line.gap)} above the bound of ${percent(target.gap)}`);
  if (target.peakRssMb !== undefined)
    say(line.peakRssMb <= target.peakRssMb, `${line.peakRssMb} MB of ${target.peakRssMb}`);
  if (target.moved !== undefined && line.moved !== null)
    say(line.moved <= target.moved, `${percent(line.moved)} of the unchanged moved of ${percent(target.moved)}`);
  return said;
}

function growth(lines: readonly BenchLine[]): void {
  const found = baseGrowth(lines);
  if (!found) return;
  print(`\n${growthTable(found)}\n\n${growthWords(found)}\n`);
}
