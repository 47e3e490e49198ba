import { appendFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { UnsupportedResource } from "../assembly.ts";
import { checkPictures, WATCHED, writePictures } from "../dashboards/write.ts";
import { BadInput } from "../feeds/bad-input.ts";
import { startLiveFeeds } from "../feeds/live.ts";
import { forgetDeployment, rememberDeployment } from "../ops/remembered.ts";
import { checkOutput, writeOutput } from "../output-file.ts";
import type { Platform } from "../platform.ts";
import { synthesiseInto } from "../synthesise.ts";
import { wholeNumber } from "../whole-number.ts";
import { ALARMS_FILE, alarmsText } from "./alarms.ts";
import { assetsOf } from "./fleet.ts";
import { type FaultLevel, type NightRequest, prepare } from "./inputs.ts";
import { watchMemory } from "./memory.ts";
import { progressLine } from "./progress.ts";
import type { Report } from "./report.ts";
import { startNight, workFolder } from "./run.ts";
import { removeRunsOfTheDead } from "./run-folders.ts";
import { reportText } from "./text.ts";

type Options = {
  cars?: number;
  chargers: number;
  heatPumps: number;
  solarSites: number;
  night?: string;
  zone: string;
  prices?: string;
  carbon?: string;
  sessions?: string;
  faults: FaultLevel;
  carbonWeight: number;
  seed: number;
  event?: string;
  json?: string;
  dashboards?: string;
  live?: boolean;
  keepRunning?: boolean;
  assembly?: string;
};

/** What the command line writes to, and what ends it before its night has ended. */
export type Surroundings = { out(text: string): void; error(text: string): void; signal: AbortSignal };

const EXIT = { held: 0, broken: 1, badInput: 2, interrupted: 130 } as const;

function program({ out, error }: Surroundings): Command {
  return new Command("npm start --")
    .description(
      "Runs a night of cars, chargers, heat pumps and solar sites through the platform's own Lambdas, on this machine, in virtual time.",
    )
    .addOption(
      new Option("--cars <n>", "how many cars (default 5; with --sessions, all of that night)").argParser(wholeNumber),
    )
    .addOption(
      new Option("--chargers <n>", "how many chargers, each with a car that comes").argParser(wholeNumber).default(0),
    )
    .addOption(
      new Option("--heat-pumps <n>", "how many heat pumps, by the vendors in turn").argParser(wholeNumber).default(0),
    )
    .addOption(
      new Option("--solar-sites <n>", "how many solar sites, on the first homes").argParser(wholeNumber).default(0),
    )
    .option(
      "--night <date>",
      "the night that begins at noon of this date, YYYY-MM-DD (default: 2026-01-14, or tonight with --live)",
    )
    .option("--zone <name>", "time zone of the homes", "Europe/London")
    .option("--prices <csv>", "prices: start_utc, end_utc, import_pence_per_kwh_inc_vat (default: generated)")
    .option("--carbon <csv>", "carbon: start_utc, end_utc, actual_gco2_per_kwh (default: generated)")
    .option(
      "--sessions <csv>",
      "charging sessions: session, arrival_utc, departure_utc, delivered_kwh (default: generated)",
    )
    .addOption(
      new Option("--faults <level>", "what goes wrong in the vendors' clouds")
        .choices(["none", "some", "many"])
        .default("none"),
    )
    .addOption(
      new Option("--carbon-weight <pence>", "what avoiding a kilogram of CO2 is worth, pence")
        .argParser(number)
        .default(0),
    )
    .addOption(new Option("--seed <n>", "decides everything that is drawn").argParser(wholeNumber).default(1))
    .option(
      "--event <span=kW>",
      "a grid event by clocks at the homes, such as 02:00-04:00=5: all may draw 5 kW together on average",
    )
    .option("--json <file>", "also write the report as JSON")
    .option("--dashboards <folder>", "watch everything as prod does, and draw its dashboards over the night")
    .option("--live", "plan tonight from the real public price and carbon feeds; the devices are simulated")
    .option("--keep-running", "afterwards keep the platform up for `npm run ops`, until Ctrl-C")
    .addOption(new Option("--assembly <dir>", "run this cloud assembly instead of synthesising one").hideHelp())
    .allowExcessArguments(false)
    .exitOverride()
    .configureOutput({
      writeOut: out,
      writeErr: error,
      outputError: (text, write) =>
        write(
          `${text
            .replace(/^error: /, "")
            .trim()
            .replaceAll("\n", " ")}\nTry: npm start -- --help\n`,
        ),
    });
}

/** `npm start` with these arguments. Resolves to the exit code. */
export async function main(args: readonly string[], surroundings: Surroundings): Promise<number> {
  // Said once in the README: Node 20 works until the SDK's end of support for it.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";
  const command = program(surroundings);
  try {
    command.parse(args, { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.held : EXIT.badInput;
    throw error;
  }
  try {
    return await night(command.opts<Options>(), surroundings);
  } catch (error) {
    if (surroundings.signal.aborted) return EXIT.interrupted;
    if (error instanceof BadInput || error instanceof UnsupportedResource) {
      surroundings.error(`${error.message}\n`);
      return EXIT.badInput;
    }
    throw error;
  }
}

async function night(options: Options, surroundings: Surroundings): Promise<number> {
  const { out, signal } = surroundings;
  const laps = stopwatch();
  if (options.json !== undefined) checkOutput("--json", options.json);
  if (options.dashboards !== undefined) checkPictures(options.dashboards);
  const live = options.live ? await liveFeeds() : undefined;
  try {
    const inputs = await prepare(request(options));
    if (live)
      inputs.notes = inputs.notes
        .filter((note) => !/^(prices|carbon) /.test(note))
        .concat("prices and carbon are the public feeds', fetched now");
    laps.lap("inputs");

    removeRunsOfTheDead(workFolder("runs"));
    const assemblyDir = options.assembly
      ? resolve(options.assembly)
      : workFolder("runs", String(process.pid), "cdk.out");
    if (!options.assembly) mkdirSync(dirname(assemblyDir), { recursive: true });
    if (!options.assembly) await synthesiseInto(assemblyDir, options.dashboards === undefined ? {} : WATCHED);
    laps.lap("synth");
    if (signal.aborted) return EXIT.interrupted;

    const logFile = workFolder("last-run.log");
    writeFileSync(logFile, "");
    const progress = progressLine(process.stdout, inputs.night);
    const running = await startNight({
      inputs,
      assemblyDir,
      ...(live ? { liveFeeds: live, startsAtMs: Date.now() } : {}),
      onLog: (name, line) => appendFileSync(logFile, `${name} ${line}\n`),
      onProgress: progress.update,
      signal,
    });
    try {
      laps.lap("start");
      const memory = watchMemory(() => [process.pid, ...running.platform.pids()]);
      const report = await running.run();
      progress.end();
      if (signal.aborted) return EXIT.interrupted;
      laps.lap("night");
      const peakMemoryMb = memory.stop();
      const finished: Report = {
        ...report,
        timings: laps.seconds(),
        lambdas: lambdaTimes(running.platform),
        ...(peakMemoryMb === undefined ? {} : { peakMemoryMb }),
      };
      writeFileSync(workFolder(ALARMS_FILE), alarmsText(running.platform.alarms.transitions));
      out(`${reportText(finished)}\n`);
      if (options.json !== undefined) writeOutput(options.json, `${JSON.stringify(finished, null, 2)}\n`);
      if (options.dashboards !== undefined) await writePictures(options.dashboards, running.platform, inputs);
      if (options.keepRunning) await keepRunning(running, assetsOf(inputs)[0]?.assetId ?? "", surroundings);
      return report.invariants.every((one) => one.held) ? EXIT.held : EXIT.broken;
    } finally {
      progress.end();
      await running.stop();
    }
  } finally {
    await live?.stop();
    rmSync(workFolder("runs", String(process.pid)), { recursive: true, force: true });
  }
}

function request(options: Options): NightRequest {
  return {
    night: options.night ?? (options.live ? tonight(options.zone) : "2026-01-14"),
    zone: options.zone,
    cars: options.cars,
    chargers: options.chargers,
    heatPumps: options.heatPumps,
    solarSites: options.solarSites,
    prices: options.prices,
    carbon: options.carbon,
    sessions: options.sessions,
    faults: options.faults,
    seed: options.seed,
    carbonWeightPencePerKg: options.carbonWeight,
    event: options.event,
  };
}

/** Today, or yesterday before noon: the night we are in or before. */
function tonight(zone: string): string {
  const local = new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short", timeStyle: "short" });
  const now = local.format(new Date());
  return now.slice(11) < "12:00" ? local.format(new Date(Date.now() - 86_400_000)).slice(0, 10) : now.slice(0, 10);
}

async function liveFeeds() {
  const feeds = await startLiveFeeds({
    octopusApiUrl: "https://api.octopus.energy",
    carbonApiUrl: "https://api.carbonintensity.org.uk",
    fetch: globalThis.fetch,
    wallNow: Date.now,
  });
  const problem = await feeds.check();
  if (problem === undefined) return feeds;
  await feeds.stop();
  throw new BadInput(
    `${problem.replace(/\.$/, "")}; without --live the night runs on generated prices and needs no network.`,
  );
}

/** Real time spent in each function, by the name its construct has. */
function lambdaTimes(platform: Platform): NonNullable<Report["lambdas"]> {
  const counts = platform.invocationCounts();
  return platform.functions
    .map(({ name, logicalId }) => ({
      name: logicalId.replace(/(Integration)?Function[0-9A-F]{8}$/, "").toLowerCase(),
      invocations: counts[name]?.invocations ?? 0,
      seconds: (counts[name]?.billedMs ?? 0) / 1000,
    }))
    .sort((a, b) => b.seconds - a.seconds);
}

async function keepRunning(
  running: Awaited<ReturnType<typeof startNight>>,
  assetId: string,
  { out, signal }: Surroundings,
): Promise<void> {
  rememberDeployment(running.deployment);
  out(`\nThe platform stays up; use \`npm run ops -- status ${assetId}\` from another terminal. Ctrl-C ends it.\n`);
  try {
    await running.clock.runUntil(Number.MAX_SAFE_INTEGER, { realPace: true, signal });
  } finally {
    forgetDeployment();
  }
}

function stopwatch() {
  const laps: Record<string, number> = {};
  const startMs = performance.now();
  let lastMs = startMs;
  return {
    lap(name: string) {
      laps[name] = (performance.now() - lastMs) / 1000;
      lastMs = performance.now();
    },
    seconds: () => ({ ...laps, all: (performance.now() - startMs) / 1000 }),
  };
}

function number(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value) || value < 0)
    throw new InvalidArgumentError("It must be a number, 0 or more.");
  return value;
}
