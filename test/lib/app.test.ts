import { mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Stack } from "aws-cdk-lib";
import { Queue } from "aws-cdk-lib/aws-sqs";
import { describe, expect, it } from "vitest";
import { headroom, synthesise } from "../../lib/app.ts";
import { stagesFrom } from "../../lib/stages.ts";
import { emptyBundles, MANIFESTS } from "./templates.ts";

describe("the app", () => {
  it("satisfies cdk-nag and CloudFormation's own rules in both stages, without a warning", async () => {
    const outdir = mkdtempSync(join(tmpdir(), "headroom-assembly-"));
    // With the stacks of a workflow's roles.
    const stages = Object.values(stagesFrom({ HEADROOM_REPOSITORY: "acme/headroom" }));
    const assembly = await synthesise({ outdir, manifests: MANIFESTS, bundles: emptyBundles(), stages });
    const stacks = assembly.stacksRecursively;
    expect(stacks).toHaveLength(8);
    expect(stacks.flatMap(({ messages }) => messages)).toEqual([]);
    expect(JSON.parse(readFileSync(join(outdir, "validation-report.json"), "utf8")).pluginReports).toEqual([]);
  }, 60_000);

  it("is stopped by cdk-nag when a resource breaks a rule", async () => {
    const app = await headroom({ manifests: MANIFESTS, bundles: emptyBundles() });
    new Queue(new Stack(app, "Careless"), "Queue");
    expect(() => app.synth()).toThrow(/AwsSolutions-SQS4/);
  }, 60_000);

  it("makes the same assembly twice", async () => {
    const bundles = emptyBundles();
    const templates = async () => {
      const { directory } = await synthesise({ validate: false, manifests: MANIFESTS, bundles });
      return readdirSync(directory, { recursive: true, encoding: "utf8" })
        .filter((file) => file.endsWith(".template.json"))
        .sort()
        .map((file) => readFileSync(join(directory, file), "utf8"));
    };
    expect(await templates()).toEqual(await templates());
  });

  it("takes a stage's account and region from the environment, and fits any when they are absent", () => {
    expect(stagesFrom({}).dev.env).toEqual({});
    const { dev, prod } = stagesFrom({ HEADROOM_PROD_ACCOUNT: "123456789012", HEADROOM_PROD_REGION: "eu-west-2" });
    expect(prod.env).toEqual({ account: "123456789012", region: "eu-west-2" });
    expect(dev.env).toEqual({});
  });
});
