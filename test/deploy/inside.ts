import { setTimeout as pause } from "node:timers/promises";
import type { Connection } from "../../local/ops/connection.ts";
import { follow } from "../../local/soak/follow.ts";
import { type Seen, verdictOf } from "../../local/soak/verdict.ts";
import { startWorld, type World } from "../../local/soak/world.ts";
import { systemNow } from "../../shared/bus.ts";
import { adaptations } from "./adapt.ts";
import { cdk } from "./cdk.ts";
import { checkNothingGivenUp, checkPoison } from "./dead-letters.ts";
import { type Deployed, deployedStage } from "./deployed.ts";
import { checkCommand, checkSignals, checkTelemetry, onlooker } from "./effects.ts";
import { ACCOUNT, REGION } from "./emulator.ts";
import { checkEnding } from "./ending.ts";
import { type Journal, journal } from "./journal.ts";
import { enrolCustomers, fillSecrets } from "./operator.ts";
import { checkPermissions } from "./permissions.ts";
import { CHANGE, checkAlias, checkRedeploy, codeOf } from "./redeploy.ts";
import { checkResources } from "./resources.ts";
import { type Deployer, deployer } from "./stages.ts";
import { copyOfThis, previousTree, type Tree } from "./trees.ts";
import { must } from "./until.ts";
import { checkUpgrade, holdingData } from "./upgrade.ts";

/** Instead of destroying at the end. */
const KEEP_RUNNING = "--keep-running";
const folder = process.env.HEADROOM_DEPLOY_FOLDER ?? "";

async function main(book: Journal): Promise<void> {
  refuseRealAccounts();
  for (const line of adaptations()) book.note(line);
  const world = await startWorld();
  try {
    await book.step("cdk bootstrap", () => cdk(["bootstrap", `aws://${ACCOUNT}/${REGION}`], { cwd: folder }));
    const cli = deployer(folder, world.endpoints);
    // Copies side by side: what is bundled from them differs by what was changed, and by nothing else.
    const here = copyOfThis(folder, "this version");
    const changed = copyOfThis(folder, "code change", CHANGE);
    const before = await startWithPrevious(world, cli, changed, book);
    await tryDev(world, cli, { before, here, changed }, book);
  } finally {
    await world.stop();
  }
}

/** What was deployed before this version, with customers in it. */
async function startWithPrevious(world: World, cli: Deployer, changed: Tree, book: Journal) {
  const previous = (await previousTree(folder)) ?? {
    ...changed,
    name: "this version with a code change, as there is no history here",
  };
  // Nothing wakes yet: the version before does not know where the simulated vendors are.
  const assembly = await book.step(`synth of ${previous.name}`, () =>
    cli.synthesise(previous, { schedulesRun: false }),
  );
  await book.step(`deploy dev of ${previous.name}`, () => cli.deploy(assembly, "dev"));
  const stage = await deployedStage(assembly, "dev");
  await book.step("operator: enrol, link, vendors' secrets", async () => {
    await enrolCustomers(previous, world.customers, folder);
    await fillSecrets(stage, world.customers);
  });
  return stage;
}

async function tryDev(
  world: World,
  cli: Deployer,
  { before, here, changed }: { before: readonly Deployed[]; here: Tree; changed: Tree },
  book: Journal,
): Promise<void> {
  const { customers } = world;
  const assembly = await book.step("synth of this version", () => cli.synthesise(here));
  const since = systemNow();
  await book.step("deploy dev of this version", () => cli.deploy(assembly, "dev"));
  const dev = await deployedStage(assembly, "dev");
  const stores = await onlooker();
  await checkUpgrade(holdingData(before), dev, { tree: here, customers, folder }, book);
  await checkSignals(dev, world, stores, book);

  // Real clocks take their minutes; meanwhile there is other work.
  const proof = checkTelemetry(world, stores, since, book).then(() => checkCommand(world, stores, book));
  const soak = soakUntil(proof, world, stores);
  await checkResources("dev", dev, book);
  await checkPermissions(dev, customers, book);
  const prod = await tryProd(cli, assembly, book);
  const code = await codeOf(dev);
  const next = await book.step("synth of a code change", () => cli.synthesise(changed));
  await book.step("deploy dev of it", () => cli.deploy(next, "dev"));
  await checkRedeploy(code, await deployedStage(next, "dev"), book);
  await proof;
  await book.check("soak: assets read in time, commands proved, no alarm rings", async () => {
    const { passed, reasons } = verdictOf(await soak);
    must(passed, reasons.join("; "));
  });
  await checkAlias(prod, book);
  const [{ asset }] = customers as [World["customers"][number]];
  await checkNothingGivenUp(dev, book);
  await checkPoison(dev, asset.integration, book);
  stores.close();
  if (process.argv.includes(KEEP_RUNNING)) return keepRunning(book);
  await book.step("destroy dev", () => cli.destroy(next, "dev"));
  await checkEnding(book);
}

/** What `npm run soak` does in a stage, for as long as the other checks take. */
function soakUntil(proof: Promise<void>, { customers }: World, connection: Connection): Promise<Seen> {
  let isEnded = false;
  const end = () => {
    isEnded = true;
  };
  proof.then(end, end);
  return follow({ customers, connection, hours: 1, now: systemNow, pause, isEnded: () => isEnded });
}

/** Says how to reach what is deployed, and waits to be stopped. */
async function keepRunning(book: Journal): Promise<void> {
  process.stdout.write(`\n${book.summary()}\nDev and prod stay up until Ctrl-C. In another terminal:\n\n`);
  const names = Object.keys(process.env).filter((name) => /^AWS_|^NODE_EXTRA_CA_CERTS$/.test(name));
  for (const name of names) process.stdout.write(`export ${name}=${process.env[name]}\n`);
  await new Promise(() => setInterval(() => {}, 60_000));
}

async function tryProd(cli: Deployer, assembly: string, book: Journal): Promise<Deployed[]> {
  await book.step("deploy prod", () => cli.deploy(assembly, "prod"));
  const prod = await deployedStage(assembly, "prod");
  await checkResources("prod", prod, book);
  return prod;
}

/** Whatever is in the environment, the real AWS is never asked. */
function refuseRealAccounts(): void {
  if (!process.env.AWS_ENDPOINT_URL || !process.env.AWS_ENDPOINT_URL_S3)
    throw new Error("no emulator to deploy to: run npm run test:deploy");
  for (const [name, url] of Object.entries(process.env)) {
    if (!name.startsWith("AWS_ENDPOINT_URL") || new URL(url ?? "").hostname === "127.0.0.1") continue;
    throw new Error(`${name} is ${url}: the deploy test touches nothing but this machine`);
  }
}

const startedAtMs = Number(process.env.HEADROOM_DEPLOY_STARTED);
const book = journal({ startedAtMs, now: () => Date.now(), write: (line) => process.stdout.write(line) });
try {
  await main(book);
  process.stdout.write(`\n${book.summary()}\n`);
  process.exitCode = book.failed() === 0 ? 0 : 1;
} catch (error) {
  process.stderr.write(`\n${error instanceof Error ? error.message : String(error)}\n${book.summary()}\n`);
  process.exitCode = 1;
}
