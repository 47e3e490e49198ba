import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  CloudFormationClient,
  DescribeStacksCommand,
  ListStackResourcesCommand,
  type StackResourceSummary,
} from "@aws-sdk/client-cloudformation";
import type { StageName } from "../../local/ops/stage.ts";

// biome-ignore lint/suspicious/noExplicitAny: a template's properties are of any shape.
export type Properties = Record<string, any>;
/** A resource of a stage: what the template asks for, and what it became. */
export type Deployed = { stack: string; logicalId: string; type: string; physicalId: string; properties: Properties };

const cloudFormation = new CloudFormationClient({});

/** Every resource of the stage's templates that has been made. Throws with the names of those that have not. */
export async function deployedStage(assembly: string, stage: StageName): Promise<Deployed[]> {
  const folder = join(assembly, `assembly-${stage}`);
  const manifest = JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8"));
  const files = readdirSync(folder).filter((name) => name.endsWith(".template.json"));
  const all = await Promise.all(
    files.map(async (file) => {
      const artifact = Object.values<Properties>(manifest.artifacts).find(
        ({ properties }) => properties?.templateFile === file,
      );
      const stack: string = artifact?.properties.stackName;
      const made = new Map((await resourcesOf(stack)).map((one) => [one.LogicalResourceId, one]));
      const { Resources } = JSON.parse(readFileSync(join(folder, file), "utf8"));
      return Object.entries<Properties>(Resources)
        .filter(([, { Type }]) => Type !== "AWS::CDK::Metadata")
        .map(([logicalId, { Type, Properties = {} }]) => ({
          ...{ stack, logicalId, type: Type as string, properties: Properties },
          physicalId: made.get(logicalId)?.PhysicalResourceId ?? "",
        }));
    }),
  );
  const missing = all.flat().filter(({ physicalId }) => physicalId === "");
  if (missing.length > 0) throw new Error(`not made: ${missing.map(({ logicalId }) => logicalId).join(", ")}`);
  return all.flat();
}

export function ofType(deployed: readonly Deployed[], type: string): Deployed[] {
  return deployed.filter((one) => one.type === type);
}

/** The one whose logical id starts so. */
export function named(deployed: readonly Deployed[], type: string, start: string): Deployed {
  const found = ofType(deployed, type).filter(({ logicalId }) => logicalId.startsWith(start));
  if (found.length !== 1 || !found[0]) throw new Error(`${found.length} resources ${start}* of type ${type}`);
  return found[0];
}

/** Names of all stacks that there are, with their status. */
export async function stacks(): Promise<Map<string, string>> {
  const answer = await cloudFormation.send(new DescribeStacksCommand({}));
  return new Map((answer.Stacks ?? []).map(({ StackName, StackStatus }) => [StackName ?? "", StackStatus ?? ""]));
}

async function resourcesOf(StackName: string): Promise<StackResourceSummary[]> {
  const found: StackResourceSummary[] = [];
  let NextToken: string | undefined;
  do {
    const page = await cloudFormation.send(new ListStackResourcesCommand({ StackName, NextToken }));
    found.push(...(page.StackResourceSummaries ?? []));
    NextToken = page.NextToken;
  } while (NextToken);
  return found;
}
