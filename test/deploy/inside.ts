import { readFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../../local/free-port.ts";
import { startWorld, type World } from "../../local/soak/world.ts";
import { systemNow } from "../../shared/bus.ts";
import { adaptations } from "./adapt.ts";
import { cdk } from "./cdk.ts";
import { checkNothingGivenUp, checkPoison } from "./dead-letters.ts";
import { type Deployed, deployedStage } from "./deployed.ts";
import { checkCommand, checkSignals, checkTelemetry, onlooker } from "./effects.ts";
import { ACCOUNT, LOG_FILE, REGION } from "./emulator.ts";
import { checkEnding } from "./ending.ts";
import { type Journal, journal } from "./journal.ts";
import { enrolCustomers, fillSecrets } from "./operator.ts";
import { checkPermissions } from "./permissions.ts";
import { CHANGE, checkAlias, checkRedeploy, codeOf } from "./redeploy.ts";
import { checkResources } from "./resources.ts";
import { saidMeanwhile } from "./said.ts";
import { beginSoak, checkFailures, checkRefusal, checkRemoval, checkStranger, checkVerdict } from "./soak.ts";
import { type Deployer, deployer, told } from "./stages.ts";
import { copyOfThis, previousTree, type Tree } from "./trees.ts";
import { checkUpgrade, holdingData } from "./upgrade.ts";
import { jobOf } from "./workflow-identity.ts";

/** Instead of destroying at the end. */
const KEEP_RUNNING = "--keep-running";
const folder = process.env.HEADROOM_DEPLOY_FOLDER ?? "";

async function main(book: Journal): Promise<void> {
  refuseRealAccounts();
  for (const line of adaptations()) book.note(line);
  const world = await startWorld();
  try {
    // Dev's vendors are played by the soak, which listens where the stage was told that they are; prod's by this process.
    const dev = await freeAddresses(world);
    const cli = deployer(folder, { dev, prod: world.endpoints });
    await tryStages(world, cli, told(dev), book);
  } finally {
    await world.stop();
  }
}

async function tryStages(world: World, cli: Deployer, devEndpoints: string, book: Journal): Promise<void> {
  await book.step("cdk bootstrap", () => cdk(["bootstrap", `aws://${ACCOUNT}/${REGION}`], { cwd: folder }));
  // Copies side by side: what is bundled from them differs by what was changed, and by nothing else.
  const here = copyOfThis(folder, "this version");
  const changed = copyOfThis(folder, "code change", CHANGE);
  const refusal = checkRefusal(here, devEndpoints, book);
  const assembly = await book.step("synth of this version", () => cli.synthesise(here));
  await refusal;
  await book.step("deploy dev of this version", () => cli.deploy(assembly, "dev"));
  const dev = await deployedStage(assembly, "dev");
  const job = jobOf("dev", dev, folder);
  const soak = await book.step("npm run soak -- --stage dev, as the workflow's job", () =>
    beginSoak(here, { ...job, HEADROOM_DEV_ENDPOINTS: devEndpoints }),
  );
  const devStores = await onlooker("dev");
  await checkSignals("dev", dev, devStores, book);
  devStores.close();

  // Real clocks take their minutes; meanwhile there is other work.
  const { prod, proof } = await tryProd(world, cli, { assembly, here, changed }, book);
  await checkResources("dev", dev, book);
  await checkResources("prod", prod, book);
  await checkPermissions(dev, world.customers, book);
  await checkStranger(here, { ...jobOf("prod", dev, folder), HEADROOM_DEV_ENDPOINTS: devEndpoints }, book);
  await checkVerdict(soak, here, world.customers.length, book);
  // Not beside the soak that must pass: their logins are none at the vendors that it plays.
  const failures = checkFailures(here, { job, endpoints: async () => told(await freeAddresses(world)) }, book);
  await checkNothingGivenUp(dev, book);
  const [{ asset }] = world.customers as [World["customers"][number]];
  await checkPoison(dev, asset.integration, book);
  // While the soaks' removals wait.
  const code = await codeOf(dev);
  const next = await book.step("synth of a code change", () => cli.synthesise(changed));
  await book.step("deploy dev of it", () => cli.deploy(next, "dev"));
  await checkRedeploy(code, await deployedStage(next, "dev"), book);
  await checkRemoval(soak, failures, dev, book);
  await proof;
  if (process.argv.includes(KEEP_RUNNING)) return keepRunning(devEndpoints, book);
  await book.step("destroy dev", () => cli.destroy(next, "dev"));
  await checkEnding(book);
}

/** What was deployed before, with customers in it; this version over it; and then everything works by itself. */
async function tryProd(
  world: World,
  cli: Deployer,
  { assembly, here, changed }: { assembly: string; here: Tree; changed: Tree },
  book: Journal,
): Promise<{ prod: Deployed[]; proof: Promise<void> }> {
  const { customers } = world;
  const previous = (await previousTree(folder)) ?? {
    ...changed,
    name: "this version with a code change, as there is no history here",
  };
  // Nothing wakes yet: the version before does not know where the simulated vendors are.
  const old = await book.step(`synth of ${previous.name}`, () => cli.synthesise(previous, { schedulesRun: false }));
  await book.step(`deploy prod of ${previous.name}`, () => cli.deploy(old, "prod"));
  const before = await deployedStage(old, "prod");
  await book.step("operator: enrol, link, vendors' secrets", async () => {
    await enrolCustomers(previous, customers, folder);
    await fillSecrets(before, customers);
  });
  const since = systemNow();
  await book.step("deploy prod of this version", () => cli.deploy(assembly, "prod"));
  const prod = await deployedStage(assembly, "prod");
  const stores = await onlooker("prod");
  await checkUpgrade(holdingData(before), prod, { tree: here, customers, folder }, book);
  await checkSignals("prod", prod, stores, book);
  const proof = checkTelemetry(world, stores, since, book)
    .then(() => checkCommand(world, stores, book))
    .then(() => checkAlias(prod, book))
    .finally(() => stores.close());
  return { prod, proof };
}

/** Addresses of this machine that nobody listens at, one for each that the platform asks. */
async function freeAddresses({ endpoints }: World): Promise<Record<string, string>> {
  const names = Object.keys(endpoints);
  const ports = await Promise.all(names.map(() => freePort()));
  return Object.fromEntries(names.map((name, index) => [name, `http://127.0.0.1:${ports[index]}`]));
}

/** Says how to reach what is deployed, and waits to be stopped. */
async function keepRunning(devEndpoints: string, book: Journal): Promise<void> {
  process.stdout.write(`\n${book.summary()}\nDev and prod stay up until Ctrl-C. In another terminal:\n\n`);
  const names = Object.keys(process.env).filter((name) => /^AWS_|^NODE_EXTRA_CA_CERTS$/.test(name));
  for (const name of names) process.stdout.write(`export ${name}=${process.env[name]}\n`);
  process.stdout.write(`export HEADROOM_DEV_ENDPOINTS="${devEndpoints}"\n`);
  await new Promise(() => setInterval(() => {}, 60_000));
}

/** What a failed check goes by: the emulator's log is removed with it. */
function tellWhatWasSaid(book: Journal): void {
  book.note("the deployed functions noted, and the emulator warned of:");
  for (const line of saidMeanwhile(readFileSync(join(folder, LOG_FILE), "utf8"))) book.note(line);
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
  if (book.failed() > 0) tellWhatWasSaid(book);
  process.stdout.write(`\n${book.summary()}\n`);
  // Not when the last idle connection is closed.
  process.exit(book.failed() === 0 ? 0 : 1);
} catch (error) {
  tellWhatWasSaid(book);
  process.stderr.write(`\n${error instanceof Error ? error.message : String(error)}\n${book.summary()}\n`);
  // Soaks that were begun would go on for minutes.
  process.exit(1);
}
