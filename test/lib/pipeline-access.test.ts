import type { Stack, Stage } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { expect, it } from "vitest";
import { headroom } from "../../lib/app.ts";
import { stagesFrom } from "../../lib/stages.ts";
import { emptyBundles, MANIFESTS } from "./templates.ts";

async function accessOf(environment: Record<string, string>) {
  const { dev } = stagesFrom(environment);
  const app = await headroom({ validate: false, bundles: emptyBundles(), manifests: MANIFESTS, stages: [dev] });
  const stage = app.node.findChild("dev") as Stage;
  const stack = stage.node.tryFindChild("PipelineAccess");
  return stack && Template.fromStack(stack as Stack);
}

it("no workflow may deploy where no repository is named", async () => {
  expect(await accessOf({})).toBeUndefined();
});

it("a workflow may act as the bootstrap's roles, from the repository's environment of the stage's name only", async () => {
  const access = await accessOf({
    HEADROOM_REPOSITORY: "acme/headroom",
    HEADROOM_DEV_ACCOUNT: "111111111111",
    HEADROOM_DEV_REGION: "eu-west-2",
  });
  const roles = Object.entries(access?.findResources("AWS::IAM::Role") ?? {});
  expect(roles.map(([id]) => id.replace(/[0-9A-F]{8}$/, ""))).toEqual(["Deploy", "Soak"]);
  for (const [, role] of roles) {
    expect(role.Properties.AssumeRolePolicyDocument.Statement).toMatchObject([
      {
        Action: "sts:AssumeRoleWithWebIdentity",
        Condition: {
          StringEquals: {
            "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
            "token.actions.githubusercontent.com:sub": "repo:acme/headroom:environment:dev",
          },
        },
      },
    ]);
  }
  const [policy] = Object.values(access?.findResources("AWS::IAM::Policy") ?? {});
  const [statement, ...others] = policy?.Properties.PolicyDocument.Statement ?? [];
  expect(others).toEqual([]);
  expect(statement.Action).toBe("sts:AssumeRole");
  expect(JSON.stringify(statement.Resource)).not.toContain("*");
  for (const name of ["deploy", "file-publishing", "lookup"]) {
    expect(JSON.stringify(statement.Resource)).toContain(`cdk-hnb659fds-${name}-role-111111111111-eu-west-2`);
  }
});

it("a repository that is none is refused by name", () => {
  expect(() => stagesFrom({ HEADROOM_REPOSITORY: "https://example.org/x" })).toThrow(
    /HEADROOM_REPOSITORY.*owner\/name/,
  );
});
