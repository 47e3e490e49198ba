import type { Model } from "../model.ts";
import type { PropertiesOf } from "../resource-schemas.ts";
import type { RoleOfFunction, Statement } from "./compare.ts";

type PolicyStatement = PropertiesOf<"AWS::IAM::Policy">["PolicyDocument"]["Statement"][number];

const LOG_RIGHTS = ["logs:CreateLogStream", "logs:PutLogEvents"];
const POLL_RIGHTS = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"];

/** The roles of a stage's functions, and what the template makes AWS do in their name. */
export function rolesOf(model: Model): RoleOfFunction[] {
  return model.of("AWS::Lambda::Function").map(({ ref: name, attributes, properties }) => {
    const policies = model
      .of("AWS::IAM::Policy")
      .filter((policy) => policy.properties.Roles.some((role) => properties.Role.endsWith(`:role/${role}`)));
    const groups = model
      .of("AWS::Logs::LogGroup")
      .filter(({ ref }) => ref === properties.LoggingConfig?.LogGroup)
      .map((group) => group.attributes.Arn as string);
    const ofFunction = (named: string) => named === name || named === attributes.Arn;
    const polled = model
      .of("AWS::Lambda::EventSourceMapping")
      .filter((mapping) => ofFunction(mapping.properties.FunctionName))
      .map((mapping) => mapping.properties.EventSourceArn);
    const failures = model
      .of("AWS::Lambda::EventInvokeConfig")
      .filter((config) => ofFunction(config.properties.FunctionName))
      .flatMap((config) => config.properties.DestinationConfig?.OnFailure?.Destination ?? []);
    return {
      name,
      statements: policies.flatMap(({ properties: { PolicyDocument } }) => PolicyDocument.Statement.map(statement)),
      byAws: [
        ...groups.flatMap((resource) => LOG_RIGHTS.map((action) => ({ action, resource }))),
        ...polled.flatMap((resource) => POLL_RIGHTS.map((action) => ({ action, resource }))),
        ...failures.map((resource) => ({ action: "sqs:SendMessage", resource })),
      ],
    };
  });
}

function statement({ Action, Resource, Condition = {} }: PolicyStatement): Statement {
  const conditions = Object.values(Condition).flatMap((keys) => Object.entries(keys ?? {}));
  return {
    actions: [Action].flat(),
    resources: [Resource].flat(),
    conditions: Object.fromEntries(conditions.map(([key, values]) => [key, [values].flat()])),
  };
}
