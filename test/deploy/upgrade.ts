import type { Customer } from "../../local/soak/world.ts";
import { type Deployed, ofType } from "./deployed.ts";
import type { Journal } from "./journal.ts";
import { enrolAssets, ops } from "./operator.ts";
import type { Tree } from "./trees.ts";
import { must } from "./until.ts";

/** What must be the same resource after any deployment, because it holds data or opens it. */
const HOLDS_DATA = [
  "AWS::DynamoDB::GlobalTable",
  "AWS::KMS::Key",
  "AWS::SecretsManager::Secret",
  "AWS::Events::EventBus",
  "AWS::SQS::Queue",
  "AWS::Logs::LogGroup",
];

/** By logical id, so that a resource that was replaced or renamed shows. */
export function holdingData(stage: readonly Deployed[]): Map<string, string> {
  const all = HOLDS_DATA.flatMap((type) => ofType(stage, type));
  return new Map(all.map(({ stack, logicalId, physicalId }) => [`${stack} ${logicalId}`, physicalId]));
}

/** What was written by the version before is there, in the same resources, and read by this one. */
export async function checkUpgrade(
  before: ReadonlyMap<string, string>,
  stage: readonly Deployed[],
  { tree, customers, folder }: { tree: Tree; customers: readonly Customer[]; folder: string },
  journal: Journal,
): Promise<void> {
  await journal.check(`the ${before.size} resources that hold data are the same ones`, async () => {
    const after = holdingData(stage);
    // One that was taken out on purpose is the affair of the templates' snapshot.
    const kept = [...before].filter(([id]) => after.has(id));
    const replaced = kept.filter(([id, physicalId]) => after.get(id) !== physicalId).map(([id]) => id);
    must(replaced.length === 0, `replaced: ${replaced.join(", ")}`);
  });
  await journal.check(`this version finds the ${customers.length} assets enrolled before, as they were`, async () => {
    // Asks for a first look too: nothing woke while the version before was there.
    const told = await enrolAssets(tree, customers, folder);
    const same = told.split("\n").filter((line) => line.endsWith("enrolled before, nothing changed"));
    must(same.length === customers.length, told);
  });
  await journal.check("it finds their logins linked", async () => {
    const [first] = customers as [Customer];
    const status = JSON.parse(await ops(tree, ["status", first.asset.assetId, "--json"]));
    must(status.account === "linked", `account: ${status.account}`);
  });
}
