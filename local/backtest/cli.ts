import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { MISSED_TIMES } from "../../lambdas/optimiser/habits.ts";
import { BadInput } from "../feeds/bad-input.ts";
import { checkOutput, writeOutput } from "../output-file.ts";
import { prepareBacktest } from "./inputs.ts";
import { backtestProgress } from "./progress.ts";
import { reportOf } from "./report.ts";
import type { Execution } from "./rolling.ts";
import { backtest, type Choices, POLICIES, type Policy } from "./run.ts";
import { suiteTables } from "./suite.ts";
import { backtestText } from "./text.ts";

type Options = {
  prices?: string;
  carbon?: string;
  sessions?: string;
  suite?: string;
  policy: Policy;
  cap?: number;
  maxKw: number;
  stationKw: Map<string, number>;
  shiftDays: number;
  zone: string;
  published: string;
  carbonWeight: number;
  drivers: "stated" | "known";
  missed: number;
  execution: "ideal" | "real";
  step: number;
  json?: string;
  html?: string;
};

const EXIT = { done: 0, badInput: 2 } as const;

type Out = { isTTY?: boolean; write: (text: string) => unknown };
/** What the command needs of the process. */
export type World = { out: Out; err: Out; nowMs: () => number };

function program({ out, err }: World): Command {
  return new Command("npm run backtest --")
    .description(
      "Plays recorded charging sessions against recorded prices or carbon, and says what a policy would have cost, " +
        "delivered and missed against perfect foresight.",
    )
    .option("--sessions <csv>", "session, arrival_utc, departure_utc, delivered_kwh; statements where it has them")
    .option("--prices <csv>", "prices: start_utc, end_utc, import_pence_per_kwh_inc_vat")
    .option("--carbon <csv>", "carbon: actual_gco2_per_kwh, or moer_kgco2_per_kwh with its forecast columns")
    .addOption(new Option("--policy <name>", "what is measured").choices(POLICIES).default("rolling"))
    .addOption(new Option("--cap <kW>", "what the whole site may draw (default: no cap)").argParser(aboveZero))
    .addOption(new Option("--max-kw <kW>", "what a charger gives").argParser(aboveZero).default(7.4))
    .addOption(
      new Option("--station-kw <station=kW>", "a station that gives another power; may be repeated")
        .argParser(stationPower)
        .default(new Map(), "none"),
    )
    .addOption(new Option("--shift-days <n>", "move the sessions onto other days").argParser(wholeDays).default(0))
    .option("--zone <name>", "time zone of the site and the prices", "Europe/London")
    .addOption(
      new Option("--published <HH:MM>", "local time at which the next day's prices appear")
        .argParser(clockTime)
        .default("16:00"),
    )
    .addOption(
      new Option("--carbon-weight <pence>", "beside prices, what a kilogram of CO2 is worth, pence")
        .argParser(zeroOrMore)
        .default(0),
    )
    .addOption(
      new Option("--drivers <how>", "go by what drivers said, or know when they leave and what they need")
        .choices(["stated", "known"])
        .default("stated"),
    )
    .addOption(
      new Option("--missed <n>", "a kWh not delivered is as bad as n at the usual price")
        .argParser(zeroOrMore)
        .default(MISSED_TIMES),
    )
    .addOption(
      new Option("--execution <how>", "ideal: any power; real: from 6 A, in runs of ten minutes")
        .choices(["ideal", "real"])
        .default("ideal"),
    )
    .addOption(new Option("--step <minutes>", "length of a step").argParser(stepMinutes).default(5))
    .option("--suite <folder>", "the tables of docs/backtest.md, from the data in this folder; goes alone")
    .option("--json <file>", "also write the report as JSON")
    .option("--html <file>", "also write one page with the report and drawings of it")
    .allowExcessArguments(false)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void out.write(text),
      writeErr: (text) => void err.write(text),
      outputError: (text, write) =>
        write(
          `${text
            .replace(/^error: /, "")
            .trim()
            .replaceAll("\n", " ")}\nTry: npm run backtest -- --help\n`,
        ),
    });
}

/** The command line: 0 when a report was given, 2 when something given to it cannot be used, said in one sentence. */
export async function runBacktest(args: readonly string[], world: World): Promise<number> {
  const command = program(world);
  try {
    command.parse(args, { from: "user" });
    const options = command.opts<Options>();
    await (options.suite === undefined ? run(options, world) : runSuite(options.suite, args, world));
    return EXIT.done;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.badInput;
    if (!(error instanceof BadInput)) throw error;
    world.err.write(`${error.message}\n`);
    return EXIT.badInput;
  }
}

async function run(options: Options, world: World): Promise<void> {
  const { out, err, nowMs } = world;
  if (options.sessions === undefined) throw new BadInput("--sessions is needed: a file of recorded stays.");
  if (options.prices === undefined && options.carbon === undefined)
    throw new BadInput("--prices or --carbon is needed: without either there is nothing to save.");
  if (options.execution === "real" && options.cap !== undefined && options.step < 10)
    throw new BadInput("--execution real under a cap needs --step 10 or more: a step is the shortest run.");
  for (const name of ["json", "html"] as const) {
    const file = options[name];
    if (file !== undefined) checkOutput(`--${name}`, file);
  }
  const inputs = await prepareBacktest({
    prices: options.prices,
    carbon: options.carbon,
    sessions: options.sessions,
    chargers: { maxPowerKw: options.maxKw, ofStation: options.stationKw },
    shiftDays: options.shiftDays,
    stepMinutes: options.step,
    zone: options.zone,
    publishedAt: options.published,
    carbonWeightPencePerKg: options.carbonWeight,
  });
  const execution: Execution = options.execution === "real" ? "real" : "any power";
  const progress = backtestProgress(err, nowMs);
  const choices: Choices = {
    policy: options.policy,
    capKw: options.cap ?? Number.POSITIVE_INFINITY,
    drivers: options.drivers === "stated" ? "stated" : "true",
    missedTimes: options.missed,
    execution,
    onProgress: progress.update,
  };
  const report = reportOf(inputs, choices, backtest(inputs, choices));
  progress.end();
  out.write(`${backtestText(report)}\n`);
  if (options.json !== undefined) writeOutput(options.json, `${JSON.stringify(report, null, 2)}\n`);
  if (options.html !== undefined) {
    // The plotting library takes longer to load than a short run takes.
    const { backtestHtml } = await import("./html.ts");
    writeOutput(options.html, backtestHtml(report));
  }
}

async function runSuite(folder: string, args: readonly string[], { out, err, nowMs }: World): Promise<void> {
  if (args.length > 2 || (args.length > 1 && args[0]?.includes("=")))
    throw new BadInput("--suite goes alone: what it runs is what docs/backtest.md tells of.");
  const progress = backtestProgress(err, nowMs);
  const tables = await suiteTables(folder, progress.update);
  progress.end();
  out.write(`${tables}\n`);
}

function zeroOrMore(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value) || value < 0)
    throw new InvalidArgumentError("It must be a number, 0 or more.");
  return value;
}

function aboveZero(text: string): number {
  if (zeroOrMore(text) === 0) throw new InvalidArgumentError("It must be above 0.");
  return Number(text);
}

function wholeDays(text: string): number {
  if (!/^-?\d{1,5}$/.test(text)) throw new InvalidArgumentError("It must be a whole number of days.");
  return Number(text);
}

function stepMinutes(text: string): number {
  if (!["5", "10", "15", "30", "60"].includes(text)) throw new InvalidArgumentError("It must be 5, 10, 15, 30 or 60.");
  return Number(text);
}

function clockTime(text: string): string {
  if (!/^([01]\d|2[0-3]):[0-5]\d$/.test(text)) throw new InvalidArgumentError("It must be a time such as 16:00.");
  return text;
}

function stationPower(text: string, before: Map<string, number>): Map<string, number> {
  const [station, power, ...rest] = text.split("=");
  if (!station || power === undefined || rest.length > 0)
    throw new InvalidArgumentError("It must be a station and its kW, such as 11900388=50.");
  return new Map([...before, [station, aboveZero(power)]]);
}
