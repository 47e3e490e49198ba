import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { DynamoDBClient, ScanCommand } from "@aws-sdk/client-dynamodb";
import type { SoakVerdict } from "../../local/soak/verdict.ts";
import { type Deployed, ofType } from "./deployed.ts";
import type { Journal } from "./journal.ts";
import type { Tree } from "./trees.ts";
import { must, until } from "./until.ts";

/** A soak that runs, as a process of its own. */
export type Soak = {
  process: ChildProcess;
  /** What it has printed so far. */
  printed: () => string;
  /** Its exit code, once it has ended. */
  ended: Promise<number | null>;
};

/** Each asset's first look comes within two minutes, and with it a command for a car that draws in dear hours. */
const HOURS = 0.038;
const ENROLLED = "simulated assets are enrolled";
const VERDICT = "soak.json";

/** `npm run soak` in a tree of sources, with `HEADROOM_DEV_ENDPOINTS` and what else `environment` tells. */
function startSoak(tree: Tree, args: readonly string[], environment: Record<string, string>): Soak {
  return watched("npm", ["run", "--silent", "soak", "--", ...args], tree, environment);
}

/** The same without npm in between, so that a signal reaches it as Ctrl-C does. */
function startBareSoak(tree: Tree, args: readonly string[], environment: Record<string, string>): Soak {
  return watched(process.execPath, ["--import", "tsx", "local/soak.ts", ...args], tree, environment);
}

function watched(program: string, args: readonly string[], tree: Tree, environment: Record<string, string>): Soak {
  const env = { ...process.env, ...environment };
  const child = spawn(program, args, { cwd: tree.folder, env, stdio: ["ignore", "pipe", "pipe"] });
  let printed = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => {
      printed += text;
    });
  const ended = new Promise<number | null>((resolve, reject) => child.once("error", reject).once("close", resolve));
  return { process: child, printed: () => printed, ended };
}

/** Before there is a stage: what is wrong is said in a line, and nothing is begun. */
export async function checkRefusal(tree: Tree, endpoints: string, journal: Journal): Promise<void> {
  await journal.check("soak of a stage that is not deployed: refused, with what to do", async () => {
    const soak = startSoak(tree, ["--stage", "dev"], { HEADROOM_DEV_ENDPOINTS: endpoints });
    must((await soak.ended) === 2, `it ended with ${await soak.ended}: ${soak.printed()}`);
    must(/^Stage dev is not deployed in .*headroom-dev-state/.test(soak.printed()), soak.printed());
  });
}

/** The role is for jobs of the stage's own environment. */
export async function checkStranger(tree: Tree, environment: Record<string, string>, journal: Journal): Promise<void> {
  await journal.check("soak as a job of another environment: may not act as the soak's role", async () => {
    const soak = startBareSoak(tree, ["--stage", "dev"], environment);
    must((await soak.ended) === 1, `it ended with ${await soak.ended}: ${soak.printed()}`);
    must(/^AWS refuses this .*sts:AssumeRoleWithWebIdentity/.test(soak.printed()), soak.printed());
  });
}

/** Begins what `npm run soak` is for: an asset of each vendor in stage dev, for some minutes. */
export async function beginSoak(tree: Tree, environment: Record<string, string>): Promise<Soak> {
  const args = ["--stage", "dev", "--hours", String(HOURS), "--verdict", VERDICT];
  const soak = startSoak(tree, args, environment);
  await enrolled(soak);
  return soak;
}

/** Two soaks that must not pass, and leave as little. Answers once both have ended. */
export async function checkFailures(
  tree: Tree,
  { job, endpoints }: { job: Record<string, string>; endpoints: () => Promise<string> },
  journal: Journal,
): Promise<void> {
  const elsewhere = async (hours: number) =>
    startBareSoak(tree, ["--stage", "dev", "--hours", String(hours)], {
      ...job,
      HEADROOM_DEV_ENDPOINTS: await endpoints(),
    });
  await Promise.all([
    journal.check("soak at addresses that the stage does not know: fails, and says why", async () => {
      const soak = await elsewhere(0.002);
      must((await soak.ended) === 1, `it ended with ${await soak.ended}: ${soak.printed()}`);
      must(/FAILED/.test(soak.printed()), soak.printed());
      must(/no call of easee came here: .*HEADROOM_<STAGE>_ENDPOINTS/.test(soak.printed()), soak.printed());
    }),
    journal.check("soak and Ctrl-C: it ends at once, and removes what it has enrolled", async () => {
      const soak = await elsewhere(1);
      await enrolled(soak);
      soak.process.kill("SIGINT");
      must((await soak.ended) === 130, `it ended with ${await soak.ended}: ${soak.printed()}`);
      must(/broken off/.test(soak.printed()) && /They are gone/.test(soak.printed()), soak.printed());
    }),
  ]);
}

/** What a pipeline goes by, and what it keeps of it. Answers once the verdict is there; the removal still takes its minutes. */
export async function checkVerdict(soak: Soak, tree: Tree, vendors: number, journal: Journal): Promise<void> {
  await journal.check("soak: each vendor's asset was read in time, commands were sent, no alarm rang", async () => {
    await until("the verdict", HOURS * 3600 + 60, async () => /Removing/.test(soak.printed()) || hasEnded(soak));
    const verdict: SoakVerdict = JSON.parse(readFileSync(join(tree.folder, VERDICT), "utf8"));
    must(verdict.passed, verdict.reasons.join("; "));
    must(/: passed\n/.test(soak.printed()), soak.printed());
    must(
      verdict.assets.length === vendors && verdict.assets.every(({ vendorCalls }) => vendorCalls > 0),
      soak.printed(),
    );
    const sent = verdict.assets.filter(({ commands }) => commands.accepted || commands.confirmed);
    must(sent.length > 0, `nothing was commanded:\n${soak.printed()}`);
  });
  for (const line of soak.printed().split("\n").filter(Boolean)) journal.note(line);
}

/** It ends well, and no row of any table remembers it or the others. */
export async function checkRemoval(
  soak: Soak,
  failures: Promise<void>,
  stage: readonly Deployed[],
  journal: Journal,
): Promise<void> {
  await journal.check("soak: ends with 0, and what it enrolled is gone", async () => {
    must((await soak.ended) === 0, `it ended with ${await soak.ended}: ${soak.printed()}`);
    await failures;
    const dynamodb = new DynamoDBClient({});
    for (const { logicalId, physicalId } of ofType(stage, "AWS::DynamoDB::GlobalTable")) {
      const { Items = [] } = await dynamodb.send(new ScanCommand({ TableName: physicalId }));
      const left = Items.map((item) => JSON.stringify(item)).filter((item) => item.includes("soak-"));
      must(left.length === 0, `${logicalId} has ${left.length} rows of it, such as ${left[0]?.slice(0, 300)}`);
    }
  });
}

async function enrolled(soak: Soak): Promise<void> {
  await until("the soak's assets", 60, async () => soak.printed().includes(ENROLLED) || hasEnded(soak));
  must(soak.printed().includes(ENROLLED), `the soak ended:\n${soak.printed()}`);
}

function hasEnded({ process: { exitCode, signalCode } }: Soak): boolean {
  return exitCode !== null || signalCode !== null;
}
