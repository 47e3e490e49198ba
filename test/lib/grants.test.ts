import { describe, expect, it } from "vitest";
import { idIn, ofType, type Resource, resourcesOf, statementsOf } from "./templates.ts";

describe("grants", () => {
  it("read like sentences, and none is added unseen", async () => {
    const resources = await resourcesOf("prod");
    const sentences = ofType(resources, "AWS::Lambda::Function")
      .filter(([id]) => !id.startsWith("bolt"))
      .flatMap(([id, { Properties }]) =>
        grantsOf(id.replace(/(Integration)?Function.*$/, ""), Properties.Role, resources),
      );
    expect(sentences).toMatchInlineSnapshot(`
      [
        "Signals may logs:CreateLogStream, logs:PutLogEvents on SignalsLogs",
        "Signals may sqs:SendMessage on SignalsFailures",
        "Signals may dynamodb:BatchWriteItem, dynamodb:DeleteItem, dynamodb:PutItem, dynamodb:Query on Signals",
        "Signals may events:PutEvents on Bus",
        "Optimiser may logs:CreateLogStream, logs:PutLogEvents on OptimiserLogs",
        "Optimiser may sqs:SendMessage on OptimiserFailures, ReplanQueue",
        "Optimiser may dynamodb:BatchGetItem on Assets, Readings",
        "Optimiser may dynamodb:Query on Signals, Assets/index/byFleet, Assets/index/bySite, Plans/index/byNextEdge",
        "Optimiser may dynamodb:BatchGetItem, dynamodb:PutItem on Plans",
        "Optimiser may dynamodb:GetItem, dynamodb:PutItem, dynamodb:Query on Commands",
        "Optimiser may dynamodb:PutItem on Schedule",
        "Optimiser may events:PutEvents on Bus",
        "Optimiser may sqs:DeleteMessage, sqs:GetQueueAttributes, sqs:ReceiveMessage on ReplanQueue",
        "Verifier may logs:CreateLogStream, logs:PutLogEvents on VerifierLogs",
        "Verifier may sqs:SendMessage on VerifierFailures",
        "Verifier may dynamodb:BatchGetItem, dynamodb:GetItem, dynamodb:PutItem, dynamodb:Query on Commands",
        "Verifier may dynamodb:Query on Commands/index/open",
        "Verifier may dynamodb:BatchGetItem on Readings",
        "Verifier may dynamodb:GetItem, dynamodb:PutItem, dynamodb:UpdateItem on Schedule",
        "Verifier may events:PutEvents on Bus",
        "Verifier may sqs:DeleteMessage, sqs:GetQueueAttributes, sqs:ReceiveMessage on VerifyQueue",
        "acmecars may logs:CreateLogStream, logs:PutLogEvents on acmecarsIntegrationLogs",
        "acmecars may sqs:SendMessage on acmecarsCommandsQueue, acmecarsIntegrationFailures",
        "acmecars may dynamodb:BatchGetItem on Assets, Readings, Schedule",
        "acmecars may dynamodb:DeleteItem, dynamodb:GetItem, dynamodb:PutItem, dynamodb:UpdateItem on Schedule",
        "acmecars may dynamodb:UpdateItem on Readings",
        "acmecars may dynamodb:GetItem, dynamodb:PutItem, dynamodb:UpdateItem on Accounts",
        "acmecars may kms:Decrypt, kms:GenerateDataKey on TokenKey",
        "acmecars may secretsmanager:GetSecretValue on acmecarsVendorSecret",
        "acmecars may events:PutEvents on Bus",
        "acmecars may dynamodb:ConditionCheckItem, dynamodb:GetItem, dynamodb:PutItem, dynamodb:Query on Commands",
        "acmecars may dynamodb:UpdateItem on Accounts",
        "acmecars may sqs:DeleteMessage, sqs:GetQueueAttributes, sqs:ReceiveMessage on acmecarsCommandsQueue",
        "Scheduler may logs:CreateLogStream, logs:PutLogEvents on SchedulerLogs",
        "Scheduler may sqs:SendMessage on SchedulerFailures",
        "Scheduler may dynamodb:BatchGetItem, dynamodb:GetItem, dynamodb:PutItem, dynamodb:Query, dynamodb:UpdateItem on Schedule",
        "Scheduler may dynamodb:BatchGetItem on Plans, Readings",
        "Scheduler may events:PutEvents on Bus",
        "Scheduler may lambda:InvokeFunction on acmecarsIntegrationLive, boltIntegrationLive",
      ]
    `);
  });
});

function grantsOf(name: string, role: object, resources: Record<string, Resource>): string[] {
  return ofType(resources, "AWS::IAM::Policy")
    .filter(([, { Properties }]) => Properties.Roles.some((attached: object) => idIn(attached) === idIn(role)))
    .flatMap(([, policy]) => statementsOf(policy))
    .map(({ Action, Resource }) => `${name} may ${Action.join(", ")} on ${Resource.map(readable).join(", ")}`);
}

/** `TablesAssetsB017284B`, in whichever intrinsic it is wrapped, becomes `Assets`. */
function readable(reference: unknown): string {
  const text = JSON.stringify(reference).replace(/.*ExportsOutput(FnGetAtt|Ref)/, "");
  const id = /([A-Za-z]+?)[0-9A-F]{8}/.exec(text)?.[1]?.replace(/^Tables/, "");
  return `${id}${/\/index\/[A-Za-z]+/.exec(text)?.[0] ?? ""}`;
}
