import { type Stack, Stage } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { expect, it } from "vitest";
import { headroom } from "../../lib/app.ts";
import { stagesFrom } from "../../lib/stages.ts";
import { TABLE_SHAPES, type TableName } from "../../lib/table-shapes.ts";
import type { Hooks } from "../../local/memory/document-client.ts";
import type { AwsCall } from "../../local/roles/aws-call.ts";
import { compare, type Statement } from "../../local/roles/compare.ts";
import { emptyBundles, MANIFESTS } from "../lib/templates.ts";
import { aSoak } from "./soak-world.ts";

const AT = "eu-west-2:111111111111";
const ENVIRONMENT = {
  HEADROOM_REPOSITORY: "acme/headroom",
  HEADROOM_DEV_ACCOUNT: "111111111111",
  HEADROOM_DEV_REGION: "eu-west-2",
};
type Operation = Parameters<NonNullable<Hooks["before"]>>[0];
type Input = {
  TableName?: string;
  IndexName?: string;
  KeyConditionExpression?: string;
  Key?: Record<string, string>;
  Item?: Record<string, string>;
  ExpressionAttributeValues?: Record<string, string>;
  RequestItems?: Record<string, { Keys?: Keyed[] } & Input[]>;
  TransactItems?: Record<string, Input>[];
};
type Keyed = Record<string, string>;
const ACTION = { BatchGet: "BatchGetItem", BatchWrite: "BatchWriteItem", Query: "Query" } as const;

/** The rights that a command needs, with the partition keys that it names. */
function rightsOf({ name, input }: Pick<Operation, "name"> & { input: Input }): AwsCall[] {
  const right = (action: string, table = "", keys: (Keyed | undefined)[] = [], index = ""): AwsCall => {
    const logical = `Tables${table[0]?.toUpperCase()}${table.slice(1)}1A2B`;
    const partition = TABLE_SHAPES[table as TableName].partition;
    return {
      caller: "soak",
      action: `dynamodb:${action}`,
      resource: `arn:aws:dynamodb:${AT}:table/headroom-dev-state-${logical}-X7${index}`,
      says: { "dynamodb:LeadingKeys": keys.map((key) => String(key?.[partition])) },
    };
  };
  if (input.TransactItems)
    return input.TransactItems.flatMap((one) =>
      Object.entries(one).map(([kind, item]) => right(`${kind}Item`, item.TableName, [item.Key ?? item.Item])),
    );
  if (name === "BatchGet")
    return Object.entries(input.RequestItems ?? {}).map(([table, { Keys = [] }]) => right(ACTION[name], table, Keys));
  if (name === "BatchWrite")
    return Object.entries(input.RequestItems ?? {}).map(([table, writes]) =>
      right(
        ACTION[name],
        table,
        [...writes].map((write) => (write as { DeleteRequest?: Input }).DeleteRequest?.Key),
      ),
    );
  if (name === "Query") {
    const call = right(name, input.TableName, [], input.IndexName ? `/index/${input.IndexName}` : "");
    // The first condition is on the partition key.
    const [, value = ""] = /= (:\w+)/.exec(input.KeyConditionExpression ?? "") ?? [];
    return [{ ...call, says: { "dynamodb:LeadingKeys": [String(input.ExpressionAttributeValues?.[value])] } }];
  }
  return [right(`${name}Item`, input.TableName, [input.Key ?? input.Item])];
}

/** What is asked of the other services: cli.ts, secrets.ts, and what connection.ts makes its clients do. */
const BESIDE: AwsCall[] = [
  ["cloudformation:DescribeStacks", `cloudformation:${AT}:stack/headroom-dev-state/1`],
  ["cloudformation:DescribeStacks", `cloudformation:${AT}:stack/headroom-dev-vendors/1`],
  ["secretsmanager:GetSecretValue", `secretsmanager:${AT}:secret:acmecarsVendorSecret1A2B-X7`],
  ["secretsmanager:PutSecretValue", `secretsmanager:${AT}:secret:acmecarsVendorSecret1A2B-X7`],
  ["kms:GenerateDataKey", `kms:${AT}:key/1`],
  ["events:PutEvents", `events:${AT}:event-bus/headroom-dev`],
  ["cloudwatch:DescribeAlarms", `cloudwatch:${AT}:alarm:*`],
].map(([action = "", rest]) => {
  const ofStage = { "aws:ResourceTag/application": ["headroom"], "aws:ResourceTag/stage": ["dev"] };
  return { caller: "soak", action, resource: `arn:aws:${rest}`, says: ofStage };
});

async function templates(environment: Record<string, string>) {
  const { dev } = stagesFrom(environment);
  const app = await headroom({ validate: false, bundles: emptyBundles(), manifests: MANIFESTS, stages: [dev] });
  const stage = app.node.findChild("dev");
  if (!Stage.isStage(stage)) throw new Error("dev is no stage");
  const of = (id: string) => Template.fromStack(stage.node.findChild(id) as Stack).toJSON();
  return of;
}

// biome-ignore lint/suspicious/noExplicitAny: a template is read as CloudFormation wrote it
function statementsOf(template: any): Statement[] {
  const text = (resource: string | { "Fn::Join": [string, unknown[]] }) =>
    typeof resource === "string"
      ? resource
      : resource["Fn::Join"][1].map((part) => (typeof part === "string" ? part : "aws")).join("");
  const [policy] = Object.entries<{ Properties: { PolicyDocument: { Statement: object[] } } }>(template.Resources)
    .filter(([id]) => id.startsWith("SoakDefaultPolicy"))
    .map(([, resource]) => resource);
  // biome-ignore lint/suspicious/noExplicitAny: as above
  return (policy?.Properties.PolicyDocument.Statement ?? []).map(({ Action, Resource, Condition = {} }: any) => ({
    actions: [Action].flat(),
    resources: [Resource].flat().map(text),
    conditions: Object.fromEntries(
      Object.values(Condition as Record<string, Record<string, string | string[]>>)
        .flatMap((keys) => Object.entries(keys))
        .map(([key, values]) => [key, [values].flat()]),
    ),
  }));
}

it("the soak's role has what a soak asks for: nothing missing, nothing spare", async () => {
  const calls: AwsCall[] = [...BESIDE];
  const world = aSoak({
    // Its own rows only: the other calls are the stage's.
    before: (operation) => void (world.isSoaking() && calls.push(...rightsOf(operation as Operation))),
  });
  await world.run();
  const statements = statementsOf((await templates(ENVIRONMENT))("PipelineAccess"));
  const { missing, spare } = compare({ name: "soak", statements, byAws: [] }, calls);
  expect({ missing, spare }).toEqual({ missing: [], spare: [] });
});

it("what a workflow deploys is the same with and without the roles that a person deployed", async () => {
  const { HEADROOM_REPOSITORY: _, ...none } = ENVIRONMENT;
  const [withRoles, without] = [await templates(ENVIRONMENT), await templates(none)];
  for (const id of ["State", "Vendors"]) expect(withRoles(id)).toEqual(without(id));
});
