import { setTimeout as pause } from "node:timers/promises";
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { type Endpoints, parseEndpoints } from "../../lib/endpoints.ts";
import { SOAK_PREFIX } from "../../lib/soak-role.ts";
import { systemNow } from "../../shared/bus.ts";
import { BadInput } from "../feeds/bad-input.ts";
import { type Connection, connect } from "../ops/connection.ts";
import { failureText } from "../ops/failure.ts";
import { STAGES, type StageName, stageDeployment } from "../ops/stage.ts";
import { checkOutput, writeOutput } from "../output-file.ts";
import { type Relay, relaysFor } from "./relay.ts";
import { fillPlaceholders } from "./secrets.ts";
import { soak } from "./soak.ts";
import { soakText } from "./text.ts";
import { startWorld, type World } from "./world.ts";

type Terminal = {
  out: (text: string) => void;
  err: (text: string) => void;
  /** Has `stop` called at each Ctrl-C. */
  onSignal: (stop: () => void) => void;
};
type Environment = Record<string, string | undefined>;
type Options = { stage: StageName; hours: number; verdict?: string };

/** The second Ctrl-C. */
class BrokenOff extends Error {}

const EXIT = { passed: 0, failed: 1, badInput: 2, interrupted: 130 } as const;

/** Runs `npm run soak` with these arguments. Answers its exit code. */
export async function soakCommand(args: string[], environment: Environment, terminal: Terminal): Promise<number> {
  try {
    const options = program(terminal).parse(args, { from: "user" }).opts<Options>();
    return await run(options, environment, terminal);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.passed : EXIT.badInput;
    const isSaid = error instanceof BadInput || error instanceof BrokenOff;
    terminal.err(`${isSaid ? error.message : failureText(error)}\n`);
    return error instanceof BadInput ? EXIT.badInput : error instanceof BrokenOff ? EXIT.interrupted : EXIT.failed;
  }
}

function program({ out, err }: Terminal): Command {
  return new Command("npm run soak --")
    .description(
      "Enrols simulated assets, one of each vendor, in a deployed stage, follows them from outside, writes a verdict, and " +
        "removes them again. The stage must have been deployed with HEADROOM_<STAGE>_ENDPOINTS, and this machine be what they name.",
    )
    .addOption(new Option("--stage <name>", "the deployed stage").choices(STAGES).makeOptionMandatory())
    .addOption(new Option("--hours <n>", "for how long").argParser(hours).default(1))
    .option("--verdict <file>", "write the verdict as JSON")
    .allowExcessArguments(false)
    .configureOutput({ writeOut: out, writeErr: err })
    .exitOverride();
}

async function run(options: Options, environment: Environment, { out, onSignal }: Terminal): Promise<number> {
  const { stage, hours, verdict: file } = options;
  const variable = `HEADROOM_${stage.toUpperCase()}_ENDPOINTS`;
  const addresses = endpointsIn(variable, environment);
  if (file !== undefined) checkOutput("--verdict", file);
  const deployment = await stageDeployment(stage);
  // The first Ctrl-C ends the soak; the next one ends the removal too, which says what is left.
  const [stopped, hurried] = [new AbortController(), new AbortController()];
  onSignal(() => (stopped.signal.aborted ? hurried : stopped).abort());

  let world: World | undefined;
  let relays: Relay[] = [];
  let connection: Connection | undefined;
  try {
    // Two may begin at the same moment.
    world = await startWorld(`${SOAK_PREFIX}${Date.now().toString(36)}-${process.pid.toString(36)}-`);
    relays = await relaysFor(world, addresses, variable);
    connection = connect(deployment, systemNow);
    await fillPlaceholders(stage, deployment.region, world.customers);
    const verdict = await soak({
      ...{ stage, hours, customers: world.customers, connection, now: systemNow, out },
      stopped: stopped.signal,
      pause: (ms) => pause(ms, undefined, { signal: stopped.signal }).catch(() => {}),
      settle: (ms) =>
        pause(ms, undefined, { signal: hurried.signal }).catch(() => {
          throw new BrokenOff("The removal was broken off.");
        }),
      onVerdict(told) {
        out(`\n${soakText(told, stage)}`);
        if (file !== undefined) writeOutput(file, `${JSON.stringify(told, null, 2)}\n`);
      },
    });
    if (stopped.signal.aborted) return EXIT.interrupted;
    return verdict.passed ? EXIT.passed : EXIT.failed;
  } finally {
    connection?.close();
    await Promise.all(relays.map((relay) => relay.close()));
    await world?.stop();
  }
}

function endpointsIn(variable: string, environment: Environment): Endpoints {
  const text = environment[variable];
  if (!text)
    throw new BadInput(`${variable} is not set: it names where the stage's vendors are, as it was deployed with.`);
  try {
    return parseEndpoints(text);
  } catch (error) {
    throw new BadInput(`${variable}: ${(error as Error).message}`);
  }
}

function hours(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value <= 168)) throw new InvalidArgumentError("It must be a number of hours, up to 168.");
  return value;
}
