import { Duration, Stack } from "aws-cdk-lib";
import { type IPrincipal, PolicyStatement, Role } from "aws-cdk-lib/aws-iam";
import type { Construct } from "constructs";
import { acknowledge } from "./acknowledge.ts";
import type { StageConfig } from "./stages.ts";
import type { TableName } from "./table-shapes.ts";

/** With what the name of everything begins that a soak brings into a stage. */
export const SOAK_PREFIX = "soak-";

type Grant = { actions: readonly string[]; rows?: readonly string[]; index?: string };

const OWN = `${SOAK_PREFIX}*`;
/** By table: which actions on which rows, told by their partition keys. */
const GRANTS: Partial<Record<TableName, readonly Grant[]>> = {
  assets: [
    { actions: ["BatchGetItem", "DeleteItem", "PutItem"], rows: [OWN] },
    { actions: ["DeleteItem", "GetItem", "PutItem"], rows: [`removal#*#${OWN}`] },
    { actions: ["Query"], rows: [OWN], index: "byAccount" },
    { actions: ["Query"], rows: [OWN], index: "bySite" },
  ],
  accounts: [
    { actions: ["BatchGetItem", "BatchWriteItem", "GetItem", "PutItem"], rows: [`*#${OWN}`] },
    // Assets are counted in their vendor's row.
    { actions: ["UpdateItem"], rows: ["*#budget#vendor"] },
  ],
  // Wheels, looks and runs are kept by vendor and minute, not by asset.
  schedule: [{ actions: ["BatchGetItem", "BatchWriteItem", "PutItem", "Query", "UpdateItem"] }],
  readings: [{ actions: ["BatchGetItem", "BatchWriteItem", "Query"], rows: [OWN] }],
  plans: [{ actions: ["BatchGetItem", "BatchWriteItem"], rows: [OWN, `habits#${OWN}`] }],
  commands: [
    { actions: ["PutItem"], rows: [OWN] },
    { actions: ["Query"], rows: [OWN, `turn#${OWN}`] },
    { actions: ["BatchGetItem", "GetItem"], rows: [`newest#${OWN}`] },
    { actions: ["BatchWriteItem"], rows: [OWN, `newest#${OWN}`, `turn#${OWN}`] },
  ],
};

const WHY_BY_NAME =
  "Named by how its name begins or by its tags: CloudFormation ends the name, and a reference would be an export in use.";

/**
 * What `npm run soak` may do in a stage: enrol, read and remove assets of its own, put simulators' secrets in place of the
 * placeholders, see which alarms ring. Everything is named by what its name begins with or by its tags: a reference would be
 * an export that is in use, which the workflow's own deployments, that know nothing of this role, could not take away.
 */
export function soakRole(scope: Construct, stage: StageConfig, assumedBy: IPrincipal): Role {
  const { partition, region, account } = Stack.of(scope);
  const stack = (concern: string) => `headroom-${stage.name}-${concern}`;
  const arn = (service: string, rest: string) => `arn:${partition}:${service}:${region}:${account}:${rest}`;
  const role = new Role(scope, "Soak", {
    description: `Soaks Headroom ${stage.name}`,
    assumedBy,
    // For an hour, and the removal after it: a session ends after one if nobody says otherwise.
    maxSessionDuration: Duration.hours(2),
  });
  const may = (actions: string[], resources: string[], conditions: Record<string, Record<string, unknown>> = {}) => {
    role.addToPolicy(new PolicyStatement({ actions, resources, conditions }));
    for (const resource of resources.filter((one) => one.includes("*")))
      acknowledge(role, `AwsSolutions-IAM5[Resource::${asFound(resource, role)}]`, WHY_BY_NAME);
  };
  const ofStage = { StringEquals: { "aws:ResourceTag/application": "headroom", "aws:ResourceTag/stage": stage.name } };

  for (const [name, grants] of Object.entries(GRANTS)) {
    const table = arn("dynamodb", `table/${stack("state")}-Tables${name[0]?.toUpperCase()}${name.slice(1)}*`);
    for (const { actions, rows, index } of grants)
      may(
        actions.map((action) => `dynamodb:${action}`),
        [index === undefined ? table : `${table}/index/${index}`],
        rows && { "ForAllValues:StringLike": { "dynamodb:LeadingKeys": rows } },
      );
  }
  may(["events:PutEvents"], [arn("events", `event-bus/headroom-${stage.name}`)]);
  may(["kms:GenerateDataKey"], [arn("kms", "key/*")], ofStage);
  may(["secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue"], [arn("secretsmanager", "secret:*")], ofStage);
  may(
    ["cloudformation:DescribeStacks"],
    ["state", "vendors"].map((one) => arn("cloudformation", `stack/${stack(one)}/*`)),
  );
  // CloudWatch tells of composite alarms only those who may ask for all.
  may(["cloudwatch:DescribeAlarms"], ["*"]);
  return role;
}

/** As cdk-nag writes it: what is known only when it is deployed stands in angle brackets. */
function asFound(resource: string, scope: Construct): string {
  const resolved: string | { "Fn::Join": [string, (string | { Ref: string })[]] } = Stack.of(scope).resolve(resource);
  if (typeof resolved === "string") return resolved;
  return resolved["Fn::Join"][1].map((part) => (typeof part === "string" ? part : `<${part.Ref}>`)).join("");
}
