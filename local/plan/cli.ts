import { Command, CommanderError, InvalidArgumentError } from "commander";
import { solveProblem } from "../../lambdas/optimiser/engine/case/solve.ts";
import { FleetInputError } from "../../lambdas/optimiser/engine/fleet/problem.ts";
import { PlanInputError } from "../../lambdas/optimiser/engine/oracles/input-error.ts";
import { BadInput } from "../feeds/bad-input.ts";
import { plain } from "../ops/printable.ts";
import { CaseError, problemOf, readCase } from "./case-file.ts";
import { checkSchedule } from "./checker.ts";
import { planText } from "./plan-text.ts";
import { scheduleFile } from "./schedule-file.ts";

const EXIT = { planned: 0, broken: 1, badInput: 2 } as const;

export type PlanWorld = {
  read: (path: string) => string;
  write: (path: string, text: string) => void;
  out: (text: string) => void;
  err: (text: string) => void;
};

type Options = { json?: string; nodes: number };

/** `npm run plan -- case.json`: solves one case, has the answer checked by other code, and draws it. Gives the exit code. */
export function planCommand(argv: readonly string[], world: PlanWorld): number {
  const command = new Command("npm run plan --")
    .description("Plans one case file and prints the schedule with the proof of how good it is.")
    .argument("<case.json>", "a planning problem, format optimiser-case/1")
    .option("--json <file>", "also write schedule and certificate as JSON")
    .option("--nodes <n>", "how far to search where powers have gaps", whole, 20_000)
    .allowExcessArguments(false)
    .exitOverride()
    .configureOutput({
      writeOut: world.out,
      writeErr: world.err,
      outputError: (text, write) => write(`${text.replace(/^error: /, "").trim()}\nTry: npm run plan -- --help\n`),
    });
  try {
    command.parse(argv, { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.planned : EXIT.badInput;
    throw error;
  }
  const [path] = command.processedArgs as [string];
  const { json, nodes } = command.opts<Options>();
  let text: string;
  try {
    text = world.read(path);
  } catch (error) {
    world.err(`${path} cannot be read: ${reason(error)}\n`);
    return EXIT.badInput;
  }
  try {
    const plan = readCase(text);
    const solution = solveProblem(problemOf(plan), { mostNodes: nodes });
    const schedule = scheduleFile(plan, solution.schedule);
    const verdict = checkSchedule(plan, schedule);
    world.out(planText(plan, solution, verdict));
    if (json !== undefined) {
      const { boundPence, isProven } = solution;
      const { costPence, parts, shortfallKwh, violations } = verdict;
      const gapPence = Math.max(costPence - boundPence, 0);
      const certificate = { costPence, boundPence, gapPence, isProven, shortfallKwh };
      const report = { id: plan.id, certificate, parts, violations, schedule };
      try {
        world.write(json, `${JSON.stringify(report, rounded, 2)}\n`);
      } catch (error) {
        world.err(error instanceof BadInput ? `${error.message}\n` : `${json} cannot be written: ${reason(error)}\n`);
        return EXIT.badInput;
      }
    }
    return verdict.violations.length === 0 ? EXIT.planned : EXIT.broken;
  } catch (error) {
    const isInput = [CaseError, PlanInputError, FleetInputError].some((kind) => error instanceof kind);
    if (!isInput) throw error;
    world.err(`${(error as Error).message}\n`);
    return EXIT.badInput;
  }
}

function reason(error: unknown): string {
  return plain(error instanceof Error ? error.message : String(error));
}

function rounded(_key: string, value: unknown): unknown {
  return typeof value === "number" ? Math.round(value * 1e6) / 1e6 : value;
}

function whole(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError("a whole number above 0 is wanted.");
  return value;
}
