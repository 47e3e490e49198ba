import { execFileSync } from "node:child_process";
import { Command, Option } from "commander";
import { groupBy } from "../../shared/group-by.ts";
import { wholeNumber } from "../whole-number.ts";
import type { Job } from "./job.ts";
import { mutate } from "./mutate.ts";
import type { Played } from "./play.ts";
import { shrink } from "./shrink.ts";
import { count, failureText, readable } from "./text.ts";
import { openWorkers, playAll, type Workers } from "./workers.ts";

type Chosen = {
  seed: number;
  seeds: number;
  assets: number;
  hours: number;
  faults: "all" | "few" | "none";
  workers: number;
  only?: string[];
  trace?: boolean | string;
  keepGoing?: boolean;
  mutate?: boolean | string;
};
/** A failure that is small enough is worth a minute or two. */
const SHRINKING = { mostRuns: 120, mostMs: 90_000 };

type Out = { write: (text: string) => unknown };

function program(): Command {
  return new Command("npm run simulate --")
    .description(
      "Plays nights of a small fleet through the real run functions, with faults drawn from a seed, and checks every promise.",
    )
    .option("--seed <n>", "the first seed", wholeNumber, 1)
    .option("--seeds <n>", "how many, one after the other", wholeNumber, 1)
    .option("--assets <n>", "cars and chargers", wholeNumber, 20)
    .option("--hours <n>", "until the last fault; a quiet hour and a quarter follows", wholeNumber, 10)
    .addOption(new Option("--faults <level>", "how much goes wrong").choices(["all", "few", "none"]).default("all"))
    .option("--only <ids>", "let only these faults strike, separated by commas", (text) =>
      text.split(",").filter(Boolean),
    )
    .option("--workers <n>", "processes", wholeNumber, 1)
    .option("--trace [about]", "print what happened, or the lines that name somebody")
    .option("--keep-going", "play all seeds even when one has failed")
    .option("--mutate [name]", "take away each guard in turn, or those so named: every one must be missed");
}

/** Exit code 0 when every promise was kept, 1 when one was broken. */
export async function runSimulation(argv: readonly string[], { out }: { out: Out }): Promise<number> {
  const command = program().parse([...argv], { from: "user" });
  const chosen = command.opts<Chosen>();
  const print = (text: string) => void out.write(`${text}\n`);
  const workers = await openWorkers(
    chosen.mutate === undefined ? Math.min(chosen.workers, chosen.seeds) : chosen.workers,
  );
  try {
    if (chosen.mutate !== undefined) return await findOut(chosen, workers, print);
    return await simulate(chosen, workers, print);
  } finally {
    workers.close();
  }
}

async function simulate(chosen: Chosen, workers: Workers, print: (text: string) => void): Promise<number> {
  const failed: Played[] = [];
  let [nights, effects, faults, cpuMs, lastHash] = [0, 0, 0, 0, ""];
  const fromMs = performance.now();
  const jobs = Array.from({ length: chosen.seeds }, (_, index) => jobOf(chosen, chosen.seed + index));
  await playAll(workers, chosen.workers, jobs, (played) => {
    nights += 1;
    effects += played.effects;
    faults += played.injections.length;
    cpuMs += played.cpuMs;
    lastHash = played.hash;
    if (chosen.trace !== undefined) printTrace(played, chosen.trace, print);
    if (played.violations.length === 0) return true;
    failed.push(played);
    print(`seed ${played.seed}: ${inShort(played)}`);
    return chosen.keepGoing === true;
  });
  const seconds = (performance.now() - fromMs) / 1000;
  const each = `${(cpuMs / nights / 1000).toFixed(2)} s of CPU each`;
  print(
    `${count(nights, "night")} of ${count(chosen.assets, "asset")}: ${count(effects, "effect")}, ${count(faults, "fault")}, ${seconds.toFixed(1)} s, ${each}`,
  );
  if (nights === 1) print(`trace ${lastHash}`);
  const [first] = failed;
  if (!first) {
    print("every promise was kept");
    return 0;
  }
  print(`${count(failed.length, "seed")} of ${nights} broke a promise`);
  print(await explain(first, chosen, workers));
  return 1;
}

async function findOut(
  { seed, workers: processes, mutate: only }: Chosen,
  workers: Workers,
  print: (text: string) => void,
) {
  const { verdicts, broken } = await mutate(
    { workers, processes, seed, ...(typeof only === "string" && { only }) },
    print,
  );
  const survivors = verdicts.filter(({ isMissed }) => !isMissed);
  const nights = verdicts.reduce((sum, verdict) => sum + verdict.nights, 0);
  print(
    `${verdicts.length - survivors.length} of ${count(verdicts.length, "guard")} are missed when taken away (${count(nights, "night")})`,
  );
  for (const { name } of survivors) print(`nobody missed: ${name}`);
  for (const where of broken) print(`broken with every guard in place: ${where}`);
  return survivors.length + broken.length === 0 && verdicts.length > 0 ? 0 : 1;
}

function jobOf({ assets, hours, faults, only, trace }: Chosen, seed: number): Job {
  return { seed, assets, hours, faults: { level: faults, ...(only && { only }) }, keepsTrace: trace !== undefined };
}

/** The failure with the fewest faults that still break the same promise. */
async function explain(failed: Played, chosen: Chosen, workers: Workers): Promise<string> {
  const wanted = failed.violations[0]?.invariant;
  const again = (only: Iterable<string>, keepsTrace = false) =>
    workers.play({ ...jobOf({ ...chosen, only: [...only] }, failed.seed), keepsTrace });
  const ids = failed.injections.map(({ id }) => id);
  const fails = async (only: ReadonlySet<string>) =>
    (await again(only)).violations.some(({ invariant }) => invariant === wanted);
  const { ids: fewest } = await shrink(ids, fails, { ...SHRINKING, nowMs: () => performance.now() });
  const small = await again(fewest, true);
  const sizes = `${chosen.assets === 20 ? "" : ` --assets ${chosen.assets}`}${chosen.hours === 10 ? "" : ` --hours ${chosen.hours}`}`;
  const replay = `npm run simulate -- --seed ${failed.seed}${sizes} --only "${fewest.join(",")}" --trace ${small.violations[0]?.about ?? ""}`;
  return failureText(small, { commit: commitNow(), replay, faultsBefore: ids.length });
}

/** Each promise once, with how often and the first of whom. */
function inShort({ violations }: Played): string {
  const named = groupBy(violations, ({ invariant }) => invariant);
  return [...named].map(([invariant, all]) => `${invariant} × ${all.length} (${all[0]?.about})`).join("; ");
}

function printTrace({ lines }: Played, about: boolean | string, print: (text: string) => void): void {
  for (const line of lines) if (about === true || line.includes(String(about))) print(readable(line));
}

function commitNow(): string {
  try {
    return execFileSync("git", ["rev-parse", "--short", "HEAD"], { stdio: ["ignore", "pipe", "ignore"] })
      .toString()
      .trim();
  } catch {
    return "unknown";
  }
}
