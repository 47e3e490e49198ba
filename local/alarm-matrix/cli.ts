import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command, CommanderError } from "commander";
import { synthesise } from "../../lib/app.ts";
import { loadManifests } from "../../lib/manifests.ts";
import { stagesFrom } from "../../lib/stages.ts";
import { MINUTE_MS } from "../../shared/domain/instant.ts";
import { openWorkers } from "../simulate/workers.ts";
import { wholeNumber } from "../whole-number.ts";
import { ACCEPTED } from "./accepted.ts";
import type { Cause } from "./cause.ts";
import { causes } from "./causes.ts";
import type { Played } from "./night.ts";
import { matrixText } from "./page.ts";
import { readProd, STAGE } from "./prod.ts";
import { standsFor } from "./stands-for.ts";
import { type Outcome, problemsOf, type Told } from "./verdict.ts";
import type { MatrixJob } from "./worker.ts";

type Out = { write: (text: string) => unknown };

const short = (name: string) => name.replace(`headroom-${STAGE}-`, "");

function program(err: Out): Command {
  return new Command("npm run alarms --")
    .description(
      "Walks the alarms of stage prod from OK to ALARM to OK, each by its own cause in a simulated night, and prints which rang for which.",
    )
    .argument(
      "[words...]",
      "only causes whose alarm or text has one of these words; alarms without a cause are then no fault",
    )
    .option("--seed <number>", "of the nights: which fleet, and what takes how long", wholeNumber, 7)
    .option("--workers <number>", "nights played at a time", wholeNumber, 1)
    .configureOutput({ writeErr: (text) => void err.write(text) })
    .exitOverride();
}

/** Exit code 0 when each alarm rang for its own cause alone, in time, and was over after it; 1 when not; 2 for a wrong option. */
export async function runAlarms(argv: readonly string[], { out, err }: { out: Out; err: Out }): Promise<number> {
  let words: string[];
  let options: { seed: number; workers: number };
  try {
    const parsed = program(err).parse([...argv], { from: "user" });
    words = parsed.args;
    options = parsed.opts();
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    throw error;
  }
  const before = process.cpuUsage();
  const assemblyDir = mkdtempSync(join(tmpdir(), "headroom-alarms-"));
  try {
    const manifests = await loadManifests();
    await synthesise({ validate: false, stages: [stagesFrom({})[STAGE]], manifests, outdir: assemblyDir });
    const { alarms } = readProd(assemblyDir);
    const told = alarms.filter(({ actions }) => actions.ALARM.length > 0).map(toldOf);
    const all = causes();
    const isChosen = ({ alarm, says }: Cause) =>
      words.length === 0 || words.some((word) => `${alarm} ${says}`.includes(word));
    const chosen = all.flatMap((cause, number) => (isChosen(cause) ? [{ cause, number }] : []));
    const workers = await openWorkers<MatrixJob, Played>(options.workers, new URL("./worker.ts", import.meta.url));
    let cpuMs = 0;
    const outcomes = await Promise.all(
      chosen.map(async ({ cause, number }) => {
        const played = await workers.play({ assemblyDir, manifests, cause: number, seed: options.seed });
        cpuMs += played.cpuMs ?? 0;
        err.write(`${cause.alarm || "(none)"}: ${cause.says}\n`);
        return outcomeOf(cause, played);
      }),
    ).finally(() => workers.close());
    const played = new Set(outcomes.map(({ alarm }) => alarm));
    const standing = standsFor(alarms, played, short);
    const problems = problemsOf(told, outcomes, ACCEPTED, standing).filter(
      ({ kind }) => words.length === 0 || kind !== "no cause",
    );
    const { user, system } = process.cpuUsage(before);
    const cpuSeconds = (cpuMs + (user + system) / 1000) / 1000;
    out.write(`${matrixText(told, outcomes, { accepted: ACCEPTED, problems, standsFor: standing, cpuSeconds })}\n`);
    return problems.length === 0 ? 0 : 1;
  } finally {
    rmSync(assemblyDir, { recursive: true, force: true });
  }
}

function toldOf({ name, description }: { name: string; description: string }): Told {
  const [, minutes] = /Rings within (\d+) min\./.exec(description) ?? [];
  if (minutes === undefined) throw new Error(`alarm ${name} does not say within how many minutes it rings`);
  return { alarm: short(name), withinMinutes: Number(minutes) };
}

function outcomeOf(cause: Cause, { sinceMs, untilMs, rang }: Played): Outcome {
  const minutes = (ms: number) => Math.round(ms / MINUTE_MS);
  return {
    cause: cause.says,
    alarm: cause.alarm,
    rang: rang.map(({ alarm, atMs, okMs }) => ({
      alarm: short(alarm),
      after: minutes(atMs - sinceMs),
      okAfter: okMs === undefined ? undefined : Math.max(0, minutes(okMs - untilMs)),
    })),
  };
}
