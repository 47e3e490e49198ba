import { Stack } from "aws-cdk-lib";
import { type IPrincipal, PolicyStatement, Role } from "aws-cdk-lib/aws-iam";
import type { Construct } from "constructs";
import { acknowledge } from "./acknowledge.ts";
import type { StageConfig } from "./stages.ts";
import type { TableName } from "./table-shapes.ts";

/** With what the name of everything begins that a soak brings into a stage. */
export const SOAK_PREFIX = "soak-";

/** A soak's own rows, whatever the table puts before a name. */
const OWN_ROWS = [`${SOAK_PREFIX}*`, `*#${SOAK_PREFIX}*`];
/** Assets of a vendor are counted in the vendor's row. */
const COUNTS = ["*#budget#vendor"];

const WRITES = ["BatchWriteItem", "PutItem"];
const ON_TABLES: Partial<
  Record<TableName, { actions: readonly string[]; rows?: readonly string[]; indexes?: string[] }>
> = {
  assets: {
    actions: ["BatchGetItem", "GetItem", "DeleteItem", ...WRITES],
    rows: OWN_ROWS,
    indexes: ["byAccount", "bySite"],
  },
  accounts: { actions: ["BatchGetItem", "GetItem", "UpdateItem", ...WRITES], rows: [...OWN_ROWS, ...COUNTS] },
  // Wheels, looks and runs are kept by vendor and minute, not by asset.
  schedule: { actions: ["BatchGetItem", "Query", "UpdateItem", ...WRITES] },
  readings: { actions: ["BatchGetItem", "Query", "BatchWriteItem"], rows: OWN_ROWS },
  plans: { actions: ["BatchGetItem", "BatchWriteItem"], rows: OWN_ROWS },
  commands: { actions: ["BatchGetItem", "GetItem", "Query", ...WRITES], rows: OWN_ROWS },
};

/**
 * What `npm run soak` may do in a stage: enrol, read and remove assets of its own, put simulators' secrets in place of the
 * placeholders, see which alarms ring. Everything is named by what its name begins with or by its tags: a reference would be
 * an export that is in use, which the workflow's own deployments, that know nothing of this role, could not take away.
 */
export function soakRole(scope: Construct, stage: StageConfig, assumedBy: IPrincipal): Role {
  const { partition, region, account } = Stack.of(scope);
  const stack = (concern: string) => `headroom-${stage.name}-${concern}`;
  const arn = (service: string, rest: string) => `arn:${partition}:${service}:${region}:${account}:${rest}`;
  const role = new Role(scope, "Soak", { description: `Soaks Headroom ${stage.name}`, assumedBy });
  const may = (actions: string[], resources: string[], conditions: Record<string, Record<string, unknown>> = {}) =>
    role.addToPolicy(new PolicyStatement({ actions, resources, conditions }));
  const ofStage = { StringEquals: { "aws:ResourceTag/application": "headroom", "aws:ResourceTag/stage": stage.name } };

  for (const [name, { actions, rows, indexes = [] }] of Object.entries(ON_TABLES)) {
    const table = arn("dynamodb", `table/${stack("state")}-Tables${name[0]?.toUpperCase()}${name.slice(1)}*`);
    const onlyRows = rows && { "ForAllValues:StringLike": { "dynamodb:LeadingKeys": rows } };
    may(
      actions.map((action) => `dynamodb:${action}`),
      [table],
      onlyRows,
    );
    const found = indexes.map((index) => `${table}/index/${index}`);
    if (found.length > 0) may(["dynamodb:Query"], found, onlyRows);
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
  acknowledge(
    role,
    "AwsSolutions-IAM5",
    "By beginning of name or by tag: names are made by CloudFormation, and a reference would be an export in use.",
  );
  return role;
}
