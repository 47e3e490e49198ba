import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { AssetManifestArtifact, CloudAssembly, type CloudFormationStackArtifact } from "@aws-cdk/cloud-assembly-api";
import type { Json, JsonObject } from "./json.ts";
import { RESOURCE_SCHEMAS } from "./resource-schemas.ts";

type TemplateResource = { Type: string; Properties?: JsonObject; Condition?: string };
export type Template = {
  Resources?: Record<string, TemplateResource>;
  Outputs?: Record<string, { Value: Json; Export?: { Name: Json } }>;
  Parameters?: Record<string, { Type: string; Default?: Json }>;
};
/** One stack of the chosen stage. `codePaths` maps an S3 key in the template to the directory it would be uploaded from. */
export type StackTemplate = { name: string; path: string; template: Template; codePaths: Map<string, string> };

export type Problem = { type: string; logicalId: string; stack: string; what: string };

/** The assembly asks for something that would behave differently here than in AWS; each problem names its resource. */
export class UnsupportedResource extends Error {
  override name = "UnsupportedResource";
  readonly problems: Problem[];

  constructor(problems: Problem[]) {
    const lines = problems.map((p) => `${p.type} ${p.logicalId} in stack ${p.stack}: ${p.what}`);
    super(`The local platform cannot run this assembly:\n  ${lines.join("\n  ")}`);
    this.problems = problems;
  }
}

/** The stacks of one stage. A stage that does not exist is an error that lists those that do. */
export function readAssembly(
  assemblyDir: string,
  stage: string,
  keep?: (stackPath: string) => boolean,
): StackTemplate[] {
  const assembly = new CloudAssembly(assemblyDir);
  const all = assembly.stacksRecursively;
  const chosen = all.filter((stack) => inStage(stack, stage) && (keep?.(stack.hierarchicalId) ?? true));
  if (chosen.length === 0) {
    const known = all.map((stack) => stack.hierarchicalId).join(", ") || "none";
    throw new Error(`No stack of stage "${stage}" in ${assemblyDir} (stacks: ${known})`);
  }
  const stacks = chosen.map((stack) => ({
    name: stack.stackName,
    path: stack.hierarchicalId,
    template: stack.template as Template,
    codePaths: codePaths(stack),
  }));
  refuseUnknownTypes(stacks);
  return stacks;
}

function inStage(stack: CloudFormationStackArtifact, stage: string): boolean {
  return stack.hierarchicalId === stage || stack.hierarchicalId.startsWith(`${stage}/`);
}

function codePaths(stack: CloudFormationStackArtifact): Map<string, string> {
  const paths = new Map<string, string>();
  for (const artifact of stack.assembly.artifacts) {
    if (!AssetManifestArtifact.isAssetManifestArtifact(artifact)) continue;
    const manifest = JSON.parse(readFileSync(artifact.file, "utf8")) as {
      files?: Record<string, { source: { path?: string }; destinations: Record<string, { objectKey: string }> }>;
    };
    for (const { source, destinations } of Object.values(manifest.files ?? {})) {
      if (source.path === undefined) continue;
      const path = join(dirname(artifact.file), source.path);
      for (const { objectKey } of Object.values(destinations)) paths.set(objectKey, path);
    }
  }
  return paths;
}

function refuseUnknownTypes(stacks: StackTemplate[]): void {
  const problems: Problem[] = [];
  for (const { path, template } of stacks) {
    for (const [logicalId, { Type: type, Condition }] of Object.entries(template.Resources ?? {})) {
      const problem = { type, logicalId, stack: path };
      if (!(type in RESOURCE_SCHEMAS)) problems.push({ ...problem, what: "this resource type is not supported" });
      else if (Condition !== undefined && type !== "AWS::CDK::Metadata") {
        problems.push({ ...problem, what: `conditions are not supported (${Condition})` });
      }
    }
  }
  if (problems.length > 0) throw new UnsupportedResource(problems);
}
