import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { PutSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import type { Customer } from "../../local/soak/world.ts";
import { mapLimited } from "../../shared/map-limited.ts";
import { run } from "./cdk.ts";
import { type Deployed, named } from "./deployed.ts";
import type { Tree } from "./trees.ts";

/** What `npm run ops` runs, of a tree, on stage prod. */
export function ops(tree: Tree, args: readonly string[], input = ""): Promise<string> {
  return run(process.execPath, ["--import", "tsx", "local/ops.ts", "--stage", "prod", ...args], {
    cwd: tree.folder,
    input,
  });
}

/** Enrols all assets in one file. Answers what the tool says. */
export function enrolAssets(tree: Tree, customers: readonly Customer[], folder: string): Promise<string> {
  const file = join(folder, "assets.json");
  writeFileSync(file, JSON.stringify(customers.map(({ asset }) => asset)));
  return ops(tree, ["enrol", file]);
}

/** What an operator does for new customers: their assets, and each login's tokens. */
export async function enrolCustomers(tree: Tree, customers: readonly Customer[], folder: string): Promise<void> {
  await enrolAssets(tree, customers, folder);
  // Three commands at a time: each is a process of its own.
  await mapLimited(customers, 3, async ({ asset, simulation }) => {
    const { expiresInSeconds, ...pair } = simulation.issueTokens(asset.accountId);
    // One without the life of its access token: its first use renews the pair, by the vendor's secret and the token key.
    const tokens = asset.kind === "solar-site" ? pair : { ...pair, expiresInSeconds };
    const login = ["--integration", asset.integration, "--account", asset.accountId];
    await ops(tree, ["link", ...login], JSON.stringify(tokens));
  });
}

/** Puts what each vendor gave us for our own login in place of the placeholders. */
export async function fillSecrets(stage: readonly Deployed[], customers: readonly Customer[]): Promise<void> {
  const secrets = new SecretsManagerClient({});
  for (const { asset, simulation } of customers.filter(givesSecret)) {
    const { physicalId } = named(stage, "AWS::SecretsManager::Secret", `${asset.integration}VendorSecret`);
    const SecretString = JSON.stringify(simulation.secret);
    await secrets.send(new PutSecretValueCommand({ SecretId: physicalId, SecretString }));
  }
}

/** Whether the vendor gives us a secret for our own login. */
export function givesSecret({ simulation }: Customer): boolean {
  return Object.keys(simulation.secret).length > 0;
}
