import { setTimeout as pause } from "node:timers/promises";
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { parseEndpoints } from "../lib/endpoints.ts";
import { systemNow } from "../shared/bus.ts";
import { BadInput } from "./feeds/bad-input.ts";
import { failureText } from "./ops/failure.ts";
import { enrol, link } from "./ops/registry.ts";
import { remove, survey } from "./ops/removal.ts";
import { STAGES, type StageName } from "./ops/stage.ts";
import { openTarget, type Target } from "./ops/target.ts";
import { checkOutput, writeOutput } from "./output-file.ts";
import { follow } from "./soak/follow.ts";
import { type Relay, startRelay } from "./soak/relay.ts";
import { fillPlaceholders } from "./soak/secrets.ts";
import { soakText } from "./soak/text.ts";
import { verdictOf } from "./soak/verdict.ts";
import { startWorld, type World } from "./soak/world.ts";

type Options = { stage: StageName; hours: number; verdict?: string };

const EXIT = { passed: 0, failed: 1, badInput: 2, interrupted: 130 } as const;

function program(): Command {
  return new Command("npm run soak --")
    .description(
      "Enrols simulated assets, one of each vendor, in a deployed stage, follows them from outside, and writes a verdict. " +
        "The stage must have been deployed with HEADROOM_<STAGE>_ENDPOINTS, and this machine be what they name.",
    )
    .addOption(new Option("--stage <name>", "the deployed stage").choices(STAGES).makeOptionMandatory())
    .addOption(new Option("--hours <n>", "for how long").argParser(hours).default(1))
    .option("--verdict <file>", "write the verdict as JSON")
    .allowExcessArguments(false)
    .exitOverride();
}

async function main(args: string[]): Promise<number> {
  const command = program();
  try {
    command.parse(args, { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.passed : EXIT.badInput;
    throw error;
  }
  const stopped = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => stopped.abort());
  try {
    return await soak(command.opts<Options>(), stopped.signal);
  } catch (error) {
    process.stderr.write(`${error instanceof BadInput ? error.message : failureText(error)}\n`);
    return error instanceof BadInput ? EXIT.badInput : EXIT.failed;
  }
}

async function soak({ stage, hours, verdict: file }: Options, signal: AbortSignal): Promise<number> {
  const variable = `HEADROOM_${stage.toUpperCase()}_ENDPOINTS`;
  const addresses = endpointsIn(variable);
  if (file !== undefined) checkOutput("--verdict", file);
  const world = await startWorld(`soak-${Date.now().toString(36)}-`);
  const relays: Relay[] = [];
  let target: Target | undefined;
  try {
    for (const [name, url] of Object.entries(world.endpoints)) {
      const address = addresses[name];
      if (address === undefined)
        throw new BadInput(
          `${variable} does not name ${name}: without it the stage asks the real one. Deploy with it.`,
        );
      relays.push(await startRelay(address, url));
    }
    target = await openTarget(stage);
    await fillPlaceholders(stage, process.env.AWS_REGION, world.customers);
    await enrolAll(world, target);
    try {
      const seen = await follow({
        customers: world.customers,
        connection: target.connection,
        hours,
        now: systemNow,
        pause: (ms) => pause(ms, undefined, { signal }).catch(() => {}),
        isEnded: () => signal.aborted,
        onLook: (line) => process.stdout.write(`${line}\n`),
      });
      const verdict = verdictOf(seen);
      process.stdout.write(`\n${soakText(verdict, stage)}`);
      if (file !== undefined) writeOutput(file, `${JSON.stringify(verdict, null, 2)}\n`);
      if (signal.aborted) return EXIT.interrupted;
      return verdict.passed ? EXIT.passed : EXIT.failed;
    } finally {
      await removeAll(world, target);
    }
  } finally {
    target?.connection.close();
    await Promise.all(relays.map((relay) => relay.close()));
    await world.stop();
  }
}

async function enrolAll({ customers }: World, { connection }: Target): Promise<void> {
  for (const { asset, manifest, simulation } of customers) {
    const { expiresInSeconds, ...tokens } = simulation.issueTokens(asset.accountId);
    await link({ integration: asset.integration, accountId: asset.accountId, tokens, expiresInSeconds }, connection);
    await enrol(asset, manifest, connection);
  }
}

/** As any customer is removed: nothing of a soak stays in the stage. */
async function removeAll({ customers }: World, { connection }: Target): Promise<void> {
  const integrations = customers.map(({ manifest }) => manifest);
  process.stdout.write("\nRemoving the simulated assets: what is under way for them ends within 2 minutes.\n");
  await Promise.all(
    customers.map(async ({ asset: { integration, accountId } }) => {
      const found = await survey({ integration, accountId, assetId: undefined }, integrations, connection);
      if (found) await remove(found, integrations, connection, pause);
    }),
  );
}

function endpointsIn(variable: string) {
  const text = process.env[variable];
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

process.exitCode = await main(process.argv.slice(2));
