import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Stack } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { beforeAll, describe, expect, it } from "vitest";
import { synthesise } from "../../lib/app.ts";
import { HouseFunction } from "../../lib/house-function.ts";
import { loadManifests } from "../../lib/manifests.ts";
import { canCommand } from "../../shared/domain/manifest.ts";
import type { Region } from "../../shared/domain/region.ts";
import {
  aManifest,
  emptyBundles,
  idIn,
  ofType,
  type Resource,
  resourcesOf,
  STAGE_NAMES,
  STAGES,
  stackOf,
  statementsOf,
  testApp,
} from "./templates.ts";

describe.each(STAGE_NAMES)("every Lambda of %s", (stage) => {
  let resources: Record<string, Resource>;
  let lambdas: [string, Resource][];
  beforeAll(async () => {
    resources = await resourcesOf(stage);
    lambdas = ofType(resources, "AWS::Lambda::Function");
  });

  it("is one of the four of the platform or an integration", () => {
    expect(lambdas.map(([id]) => id.replace(/Function[0-9A-F]{8}$/, "")).sort()).toEqual([
      "Optimiser",
      "Scheduler",
      "Signals",
      "Verifier",
      "acmecarsIntegration",
      "boltIntegration",
    ]);
  });

  it("runs on arm64 under the Node that the workflows test with, and its own bundle", () => {
    const node = readFileSync(new URL("../../.nvmrc", import.meta.url), "utf8").trim();
    const Runtime = `nodejs${node}.x`;
    for (const [, { Properties }] of lambdas)
      expect(Properties).toMatchObject({ Architectures: ["arm64"], Runtime, Handler: "index.handler" });
    expect(new Set(lambdas.map(([, { Properties }]) => Properties.Code.S3Key)).size).toBe(lambdas.length);
  });

  it("has a role to itself, without managed policies", () => {
    const roles = lambdas.map(([, { Properties }]) => idIn(Properties.Role) ?? "");
    expect(new Set(roles).size).toBe(lambdas.length);
    for (const role of roles) {
      expect(resources[role]?.Type).toBe("AWS::IAM::Role");
      expect(resources[role]?.Properties.ManagedPolicyArns).toBeUndefined();
    }
  });

  it("holds no wildcard in an action or a resource", () => {
    const policies = ofType(resources, "AWS::IAM::Policy");
    expect(policies.length).toBeGreaterThanOrEqual(lambdas.length);
    for (const [id, policy] of policies) {
      for (const statement of statementsOf(policy)) {
        expect([id, JSON.stringify([statement.Action, statement.Resource])]).toEqual([
          id,
          expect.not.stringContaining("*"),
        ]);
      }
    }
  });

  it("writes only its own log group, which forgets after the stage's retention", () => {
    for (const [id, { Properties }] of lambdas) {
      const group = idIn(Properties.LoggingConfig.LogGroup) ?? "";
      expect(resources[group]?.Properties.RetentionInDays).toBe(STAGES[stage].logRetention);
      const writable = statementsFor(resources, Properties.Role)
        .filter(({ Action }: { Action: string[] }) => Action.some((action) => action.startsWith("logs:")))
        .flatMap(({ Resource }: { Resource: object[] }) => Resource.map(idIn));
      expect([id, writable]).toEqual([id, [group]]);
    }
    expect(ofType(resources, "AWS::Logs::LogGroup")).toHaveLength(lambdas.length);
  });

  it("sends failed asynchronous invocations to a queue it may send to", () => {
    const configs = ofType(resources, "AWS::Lambda::EventInvokeConfig").map(([, { Properties }]) => Properties);
    for (const [id, { Properties }] of lambdas) {
      const config = configs.find(({ FunctionName }) => idIn(FunctionName) === id);
      const queue = idIn(config.DestinationConfig.OnFailure.Destination);
      const maySend = statementsFor(resources, Properties.Role).some(
        ({ Action, Resource }: { Action: string[]; Resource: object[] }) =>
          Action.includes("sqs:SendMessage") && Resource.some((resource) => idIn(resource) === queue),
      );
      expect([id, maySend]).toEqual([id, true]);
    }
  });

  it("is given exactly the environment variables that its handler asks for", () => {
    for (const [id, { Properties }] of lambdas) {
      const name = id.replace(/Function[0-9A-F]{8}$/, "").toLowerCase();
      const asked = variablesAskedFor(
        name.endsWith("integration") ? "shared/integration/handler.ts" : `lambdas/${name}/handler.ts`,
      ).filter((variable) => !(variable === "VENDOR_SECRET_ARN" && name.startsWith("bolt")));
      const given = Object.keys(Properties.Environment.Variables).filter(
        (variable) => variable !== "POWERTOOLS_METRICS_DISABLED" && variable !== "ACME_API_URL",
      );
      expect([id, given.sort()]).toEqual([id, asked.sort()]);
    }
  });

  it("says what its failure costs and which page helps", () => {
    for (const [, { Properties }] of lambdas) {
      const page =
        /^When it fails: .{20,}\. See (docs\/runbooks\/[a-z-]+\.md)$/.exec(Properties.Description)?.[1] ?? "";
      expect(existsSync(fileURLToPath(new URL(`../../${page}`, import.meta.url)))).toBe(true);
    }
  });
});

describe("an integration", () => {
  let resources: Record<string, Resource>;
  beforeAll(async () => {
    resources = await resourcesOf("prod");
  });

  const acme = () =>
    ofType(resources, "AWS::Lambda::Function").find(([id]) => id.startsWith("acmecars"))?.[1].Properties;

  it("is polled once per invocation: a lost poll is the ledger's affair", () => {
    const configs = ofType(resources, "AWS::Lambda::EventInvokeConfig").filter(([id]) => id.startsWith("acmecars"));
    expect(configs.map(([, { Properties }]) => Properties)).toMatchObject([
      { MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 300 },
    ]);
  });

  it("has room for all looks sent at once beside all commands handed over at once, and leaves others theirs", async () => {
    const manifests = await loadManifests();
    const deployed = await resourcesOf("prod", STAGES.prod, manifests);
    const named = (type: string, name: string) => ofType(deployed, type).find(([id]) => id.startsWith(name))?.[1];
    for (const manifest of manifests) {
      const { name, limits } = manifest;
      const reserved = named("AWS::Lambda::Function", name)?.Properties.ReservedConcurrentExecutions;
      const queue = named("AWS::Lambda::EventSourceMapping", name)?.Properties;
      const commands = canCommand(manifest) ? queue?.ScalingConfig.MaximumConcurrency : 0;
      expect(reserved, name).toBe(limits.batchesAtOnce + commands);
    }
    const all = ofType(deployed, "AWS::Lambda::Function").map(
      ([, { Properties }]) => Properties.ReservedConcurrentExecutions ?? 0,
    );
    // Of an account's first 1,000, which must keep 100 for all others.
    expect(all.reduce((sum, one) => sum + one, 0)).toBeLessThanOrEqual(100);
  });

  it("learns its endpoints from the manifest", () => {
    expect(acme().Environment.Variables.ACME_API_URL).toBe("https://api.acme.example");
  });

  it("cannot replace by its manifest what the house sets", async () => {
    const manifests = [aManifest({ endpoints: { COMMAND_QUEUE_URL: "https://elsewhere.example" } })];
    const stack = stackOf(await testApp({ manifests }), "dev", "Vendors");
    const variables = Object.values<Resource>(Template.fromStack(stack).toJSON().Resources).flatMap(
      ({ Properties }) => Properties?.Environment?.Variables.COMMAND_QUEUE_URL ?? [],
    );
    expect(variables).toEqual([{ Ref: expect.stringMatching(/^acmecarsCommandsQueue/) }]);
  });

  it("reaches only its own vendor's accounts, budgets and tokens, and the ramp that all share", () => {
    const conditions = statementsFor(resources, acme().Role).flatMap(
      ({ Condition }: { Condition?: object }) => Condition ?? [],
    );
    expect(conditions).toEqual([
      { "ForAllValues:StringLike": { "dynamodb:LeadingKeys": ["acme-cars#*"] } },
      { StringLike: { "kms:EncryptionContext:account": "acme-cars#*" } },
      { "ForAllValues:StringLike": { "dynamodb:LeadingKeys": ["@ramp#*"] } },
    ]);
  });

  it("has no queue, ledger or ramp where nothing can be commanded", async () => {
    const manifests = [aManifest({ callsPerCommand: {} })];
    const watching = Object.entries(await resourcesOf("prod", STAGES.prod, manifests));
    const ofIntegration = watching.filter(([id]) => id.startsWith("acmecars"));
    expect(ofIntegration.length).toBeGreaterThan(0);
    expect(ofIntegration.filter(([id]) => id.startsWith("acmecarsCommands"))).toEqual([]);
    const granted = JSON.stringify(ofIntegration.filter(([, { Type }]) => Type === "AWS::IAM::Policy"));
    expect(granted).toContain("TablesReadings");
    expect(granted).not.toMatch(/TablesCommands|@ramp/);
  });

  it("reads only its own secret, which holds a placeholder for every key of the manifest", () => {
    const [secret] = ofType(resources, "AWS::SecretsManager::Secret").filter(([id]) => id.startsWith("acmecars"));
    const readable = statementsFor(resources, acme().Role)
      .filter(({ Action }: { Action: string[] }) => Action.includes("secretsmanager:GetSecretValue"))
      .flatMap(({ Resource }: { Resource: object[] }) => Resource.map(idIn));
    expect(readable).toEqual([secret?.[0]]);
    expect(Object.keys(JSON.parse(secret?.[1].Properties.GenerateSecretString.SecretStringTemplate))).toEqual([
      "clientId",
      "clientSecret",
    ]);
  });

  it("has no secret to read where its vendor gives none", () => {
    const bolt = ofType(resources, "AWS::IAM::Policy").filter(([id]) => id.startsWith("bolt"));
    expect(bolt.length).toBeGreaterThan(0);
    expect(JSON.stringify(bolt)).not.toContain("secretsmanager");
  });
});

describe("the scheduler", () => {
  it("may invoke exactly the integrations it is told about", async () => {
    const resources = await resourcesOf("prod");
    const scheduler = ofType(resources, "AWS::Lambda::Function").find(([id]) => id.startsWith("Scheduler"))?.[1]
      .Properties;
    const invokable = statementsFor(resources, scheduler.Role)
      .filter(({ Action }: { Action: string[] }) => Action.includes("lambda:InvokeFunction"))
      .flatMap(({ Resource }: { Resource: object[] }) => Resource.map(idIn));
    const told = scheduler.Environment.Variables.INTEGRATIONS["Fn::Join"][1].flatMap((part: string | object) =>
      typeof part === "string" ? [] : idIn(part),
    );
    expect(invokable).toHaveLength(2);
    expect(invokable).toEqual(told);
  });
});

describe("the house function", () => {
  it("refuses an environment that Lambda would refuse at deployment", async () => {
    const manifests = [aManifest({ endpoints: { ACME_API_URL: `https://acme.example/${"x".repeat(4096)}` } })];
    await expect(
      synthesise({ validate: false, manifests, bundles: emptyBundles(manifests), stages: [STAGES.dev] }),
    ).rejects.toThrow(/acme-cars.*environment variables of about \d+ bytes/s);
  });

  it("cannot be made without saying what its failure costs", () => {
    const withoutOnFailure = () =>
      // @ts-expect-error onFailure is required
      new HouseFunction(new Stack(), "Silent", {
        stage: STAGES.dev,
        bundle: "nowhere",
        environment: {},
        timeoutSeconds: 1,
        memoryMb: 128,
        asynchronous: { retries: 0, maxAgeSeconds: 60 },
      });
    expect(withoutOnFailure).toThrow();
  });

  it("has a page for every integration's failure", async () => {
    for (const { onFailure } of await loadManifests()) {
      expect(existsSync(fileURLToPath(new URL(`../../${onFailure.runbook}`, import.meta.url)))).toBe(true);
    }
  });
});

function statementsFor(resources: Record<string, Resource>, role: object) {
  return ofType(resources, "AWS::IAM::Policy")
    .filter(([, { Properties }]) => Properties.Roles.some((attached: object) => idIn(attached) === idIn(role)))
    .flatMap(([, policy]) => statementsOf(policy));
}

/** Read from the source, because a handler keeps its schema to itself. */
function variablesAskedFor(file: string): string[] {
  const source = readFileSync(new URL(`../../${file}`, import.meta.url), "utf8");
  const schema = /const Environment = z\.(?:looseObject|object|strictObject)\(\{(.*?)\n\}\);/s.exec(source)?.[1] ?? "";
  return [...schema.matchAll(/^ {2}([A-Z][A-Z_]+):/gm)].map((match) => match[1] ?? "");
}

describe("the regions of a stage", () => {
  const environmentOf = async (siteRegions: readonly Region[], name: string) => {
    const dev = { ...STAGES.dev, tariff: { ...STAGES.dev.tariff, siteRegions } };
    const functions = ofType(await resourcesOf("dev", dev), "AWS::Lambda::Function");
    return functions.find(([id]) => id.startsWith(name))?.[1].Properties.Environment.Variables;
  };

  it("are its default's alone until a site names another", async () => {
    expect(await environmentOf([], "Signals")).toMatchObject({ OCTOPUS_REGIONS: "C", CARBON_REGIONS: "national" });
  });

  it("are fetched once each, carbon under the ids of its API", async () => {
    const variables = await environmentOf(["J", "C", "P"], "Signals");
    expect(variables).toMatchObject({ OCTOPUS_REGIONS: "C,J,P", CARBON_REGIONS: "national,14,13,1" });
    expect(variables).not.toHaveProperty("OCTOPUS_REGION");
    expect(await environmentOf(["J"], "Optimiser")).toMatchObject({ OCTOPUS_REGION: "C", CARBON_REGION: "national" });
  });
});
