import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type App, Stack } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { headroom } from "../../lib/app.ts";
import type { Bundles } from "../../lib/bundles.ts";
import { type StageConfig, stagesFrom } from "../../lib/stages.ts";
import type { Manifest } from "../../shared/domain/manifest.ts";
import { sourceOf } from "./source-of.ts";

export type Resource = {
  Type: string;
  // biome-ignore lint/suspicious/noExplicitAny: a template is read as CloudFormation wrote it
  Properties: any;
  DeletionPolicy?: string;
  UpdateReplacePolicy?: string;
};

export const STAGES = stagesFrom({});
export const STAGE_NAMES = ["dev", "prod"] as const;
const STACKS = ["State", "Platform", "Vendors"] as const;

/** A manifest that differs from the real ones, so that these tests do not change with a vendor. */
export function aManifest(overrides: Partial<Manifest> = {}): Manifest {
  return {
    name: "acme-cars",
    vendor: "Acme",
    family: "vehicle",
    owner: "integrations",
    docsUrl: "https://acme.example/docs",
    capabilities: ["soc", "charge.start", "charge.stop"],
    endpoints: { ACME_API_URL: "https://api.acme.example" },
    streams: [
      {
        stream: "charge",
        cadence: { idleMinutes: 15, pluggedMinutes: 5, chargingMinutes: 2, openCommandMinutes: 1 },
      },
    ],
    limits: { batchSize: 25, concurrency: 5, batchesAtOnce: 3 },
    callsPerLook: { data: 1 },
    callsPerCommand: { data: 1, wake: 1, command: 1 },
    priceUsd: { state: 0, data: 0.002, command: 0.001, wake: 0.02 },
    secretKeys: ["clientId", "clientSecret"],
    refreshSemantics: "strict",
    confirmWithinMs: { "charge.start": 660_000, "charge.stop": 660_000 },
    onFailure: { impact: "Acme cars are not read or commanded.", runbook: "docs/runbooks/integration.md" },
    ...overrides,
  };
}

export const MANIFESTS = [aManifest(), aManifest({ name: "bolt", vendor: "Bolt", secretKeys: [], endpoints: {} })];

/** One directory with an empty handler for each function: bundling is tested by itself. */
export function emptyBundles(manifests: readonly Manifest[] = MANIFESTS): Bundles {
  const root = mkdtempSync(join(tmpdir(), "headroom-bundles-"));
  const names = ["signals", "scheduler", "optimiser", "verifier", ...manifests.map(({ name }) => name)];
  return Object.fromEntries(
    names.map((name) => {
      const directory = join(root, name);
      mkdirSync(directory);
      writeFileSync(join(directory, "index.js"), `exports.handler = async () => "${name}";\n`);
      return [name, directory];
    }),
  );
}

/** The app as deployed, without the slow validators. */
export function testApp(
  options: { manifests?: readonly Manifest[]; stages?: readonly StageConfig[] } = {},
): Promise<App> {
  const manifests = options.manifests ?? MANIFESTS;
  return headroom({ validate: false, bundles: emptyBundles(manifests), ...options, manifests });
}

export function stackOf(app: App, stage: string, name: (typeof STACKS)[number]): Stack {
  const stack = app.node.findChild(stage).node.findChild(name);
  if (!Stack.isStack(stack)) throw new Error(`${name} is not a stack`);
  return stack;
}

const made = new Map<string, Promise<Record<string, Resource>>>();

/** Every resource of a stage, by logical id; ids are unique across its stacks. The usual two are made once in a file. */
export function resourcesOf(
  stage: "dev" | "prod",
  config: StageConfig = STAGES[stage],
  manifests: readonly Manifest[] = MANIFESTS,
): Promise<Record<string, Resource>> {
  if (config !== STAGES[stage] || manifests !== MANIFESTS) return make(stage, config, manifests);
  const usual = made.get(stage) ?? make(stage, config, manifests);
  made.set(stage, usual);
  return usual;
}

async function make(stage: string, config: StageConfig, manifests: readonly Manifest[]) {
  const app = await testApp({ stages: [config], manifests });
  const templates = STACKS.map((name) => Template.fromStack(stackOf(app, stage, name)).toJSON().Resources);
  const resources: Record<string, Resource> = Object.assign({}, ...templates);
  return resources;
}

export function ofType(resources: Record<string, Resource>, type: string): [id: string, resource: Resource][] {
  return Object.entries(resources).filter(([, resource]) => resource.Type === type);
}

/** The logical id behind a Ref or Fn::GetAtt. */
export function idIn(reference: { Ref?: string; "Fn::GetAtt"?: [string, string] }): string | undefined {
  return reference.Ref ?? reference["Fn::GetAtt"]?.[0];
}

/** The logical id of the function behind a reference to it or to its alias. */
export function functionIn(reference: object, resources: Record<string, Resource>): string | undefined {
  const id = sourceOf(reference) ?? "";
  const resource = resources[id];
  return resource?.Type === "AWS::Lambda::Alias" ? idIn(resource.Properties.FunctionName) : id;
}

export function statementsOf(policy: Resource) {
  return policy.Properties.PolicyDocument.Statement.map((statement: Record<string, unknown>) => ({
    ...statement,
    Action: [statement.Action].flat(),
    Resource: [statement.Resource].flat(),
  }));
}
