import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { systemNow } from "../../shared/bus.ts";
import { adapt, adaptations } from "./adapt.ts";
import { cdk } from "./cdk.ts";
import { deployedStage } from "./deployed.ts";
import { checkCommand, checkSignals, checkTelemetry, onlooker } from "./effects.ts";
import { ACCOUNT, REGION } from "./emulator.ts";
import { type Journal, journal } from "./journal.ts";
import { enrolCustomers, fillSecrets } from "./operator.ts";
import { checkResources } from "./resources.ts";
import { ROOT, type Tree } from "./trees.ts";
import { startWorld, type World } from "./vendors.ts";

const folder = process.env.HEADROOM_DEPLOY_FOLDER ?? "";

const here: Tree = { name: "now", folder: ROOT };

async function main(book: Journal): Promise<void> {
  refuseRealAccounts();
  const world = await startWorld();
  try {
    await book.step("cdk bootstrap", () => cdk(["bootstrap", `aws://${ACCOUNT}/${REGION}`], { cwd: folder }));
    for (const line of adaptations()) book.note(line);
    const now = await book.step("cdk synth", () => synthesise(here, world));
    await book.step("cdk deploy dev", () => deploy(now, "dev"));
    const dev = await deployedStage(now, "dev");
    await checkResources(dev, book);
    const since = systemNow();
    await book.step("npm run ops: enrol, link", async () => {
      await enrolCustomers(here, world.customers, folder);
      await fillSecrets(dev, world.customers);
    });
    const stores = await onlooker();
    await checkSignals(dev, world, stores, book);
    await checkTelemetry(world, stores, since, book);
    await checkCommand(world, stores, book);
  } finally {
    await world.stop();
  }
}

/** Whatever is in the environment, the real AWS is never asked. */
function refuseRealAccounts(): void {
  const endpoints = Object.entries(process.env).filter(([name]) => name.startsWith("AWS_ENDPOINT_URL"));
  if (!process.env.AWS_ENDPOINT_URL || !process.env.AWS_ENDPOINT_URL_S3) throw new Error("no emulator to deploy to");
  for (const [name, url] of endpoints) {
    if (new URL(url ?? "").hostname !== "127.0.0.1") throw new Error(`${name} is ${url}, not this machine`);
  }
}

async function synthesise(tree: Tree, world: World, options = {}): Promise<string> {
  const assembly = join(folder, `assembly-of-${tree.name.replaceAll(/\W+/g, "-")}`);
  const endpoints = Object.entries(world.endpoints).map((pair) => pair.join("="));
  const environment = { HEADROOM_DEV_ENDPOINTS: endpoints.join(" ") };
  await cdk(["synth", "--quiet", "--output", assembly], { cwd: tree.folder, environment });
  adapt(assembly, options);
  return assembly;
}

async function deploy(assembly: string, stage: "dev" | "prod"): Promise<void> {
  const printed = await cdk(
    ["deploy", `${stage}/*`, "--app", assembly, "--require-approval", "never", "--progress", "events"],
    { cwd: folder },
  );
  appendFileSync(join(folder, "cdk.log"), printed);
}

const startedAtMs = Number(process.env.HEADROOM_DEPLOY_STARTED);
const book = journal({ startedAtMs, now: () => Date.now(), write: (line) => process.stdout.write(line) });
try {
  await main(book);
  process.stdout.write(`\n${book.summary()}\n`);
  process.exitCode = book.failed() === 0 ? 0 : 1;
} catch (error) {
  process.stderr.write(`\n${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exitCode = 1;
}
