import { beforeAll, describe, expect, it } from "vitest";
import { sourceOf } from "./source-of.ts";
import { idIn, ofType, type Resource, resourcesOf } from "./templates.ts";

describe("new code in prod", () => {
  let resources: Record<string, Resource>;
  let aliases: Set<string | undefined>;
  beforeAll(async () => {
    resources = await resourcesOf("prod");
    aliases = new Set(ofType(resources, "AWS::Lambda::Alias").map(([id]) => id));
  });

  it("is reached through an alias by whatever wakes or feeds a function", () => {
    const properties = (type: string) => ofType(resources, type).map(([, { Properties }]) => Properties);
    const reached = [
      ...properties("AWS::Scheduler::Schedule").map(({ Target }) => Target.Arn),
      ...properties("AWS::Lambda::EventSourceMapping").map(({ FunctionName }) => FunctionName),
    ];
    expect(reached.length).toBeGreaterThan(8);
    for (const reference of reached) expect(aliases).toContain(sourceOf(reference));
    expect(aliases.size).toBe(ofType(resources, "AWS::Lambda::Function").length);
  });

  it("is tried again, given up and told of as old code is", () => {
    const configs = ofType(resources, "AWS::Lambda::EventInvokeConfig").map(([, { Properties }]) => Properties);
    expect(configs.map(({ Qualifier }) => sourceOf(Qualifier))).toEqual([...aliases]);
  });

  it("takes over by a tenth a minute, and gives way when the function's errors ring", () => {
    for (const [, { UpdatePolicy }] of ofType(resources, "AWS::Lambda::Alias") as [string, Gradual][]) {
      const group = resources[idIn(UpdatePolicy.CodeDeployLambdaAliasUpdate.DeploymentGroupName) ?? ""]?.Properties;
      expect(group.DeploymentConfigName).toBe("CodeDeployDefault.LambdaLinear10PercentEvery1Minute");
      expect(group.AutoRollbackConfiguration).toEqual({
        Enabled: true,
        Events: ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_REQUEST", "DEPLOYMENT_STOP_ON_ALARM"],
      });
      const alarms = group.AlarmConfiguration.Alarms.map(({ Name }: { Name: object }) => resources[idIn(Name) ?? ""]);
      expect(alarms.map(({ Properties }: Resource) => Properties.AlarmName)).toEqual([
        expect.stringMatching(/^headroom-prod-[a-z-]+-errors$/),
      ]);
    }
  });
});

describe("new code in dev", () => {
  it("is there at once: no alias, no deployment group", async () => {
    const resources = await resourcesOf("dev");
    for (const type of ["AWS::Lambda::Alias", "AWS::CodeDeploy::DeploymentGroup"])
      expect(ofType(resources, type)).toEqual([]);
  });
});

type Gradual = Resource & { UpdatePolicy: { CodeDeployLambdaAliasUpdate: { DeploymentGroupName: { Ref: string } } } };
