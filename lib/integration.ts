import { CfnOutput, Stack } from "aws-cdk-lib";
import { Secret } from "aws-cdk-lib/aws-secretsmanager";
import { Construct } from "constructs";
import { canCommand, type Manifest } from "../shared/domain/manifest.ts";
import { acknowledge } from "./acknowledge.ts";
import { watchIntegration } from "./alarms/integration-alarms.ts";
import { endpointsFor } from "./endpoints.ts";
import { HouseFunction } from "./house-function.ts";
import type { StageConfig } from "./stages.ts";
import type { StateStack } from "./state-stack.ts";
import { NOT_YET_GIVEN, secretOutputOf } from "./vendor-secret.ts";
import { WorkQueue } from "./work-queue.ts";

type IntegrationProps = { stage: StageConfig; state: StateStack; manifest: Manifest; bundle: string };

const TIMEOUT_SECONDS = 30;

/** One vendor: a manifest goes in, its Lambda, its secret and, where anything can be commanded, its command queue come out. */
export class Integration extends Construct {
  readonly function: HouseFunction;

  constructor(scope: Construct, { stage, state, manifest, bundle }: IntegrationProps) {
    super(scope, manifest.name);
    const secret = manifest.secretKeys.length > 0 ? vendorSecret(this, stage, manifest) : undefined;
    const commands = canCommand(manifest)
      ? new WorkQueue(this, "Commands", { visibilitySeconds: 6 * TIMEOUT_SECONDS, maxReceiveCount: 8 })
      : undefined;
    this.function = new HouseFunction(this, "Integration", {
      stage,
      name: manifest.name,
      owner: manifest.owner,
      alarms: state.alarms,
      bundle,
      onFailure: manifest.onFailure,
      environment: {
        // First, so that no manifest can stand in for one of ours.
        ...endpointsFor(manifest.endpoints, stage),
        ...state.tables.environment("assets", "schedule", "readings", "commands", "accounts"),
        BUS_NAME: state.bus.eventBusName,
        TOKEN_KEY_ARN: state.tokenKey.keyArn,
        ...(secret && { VENDOR_SECRET_ARN: secret.secretArn }),
        ...(commands && { COMMAND_QUEUE_URL: commands.queue.queueUrl }),
        RAMP_KW_PER_MINUTE: String(stage.rampKwPerMinute),
      },
      timeoutSeconds: TIMEOUT_SECONDS,
      // It waits for vendors, and what waits is billed by its memory: it needs some 80 MB.
      memoryMb: 256,
      // The run ledger, not Lambda's own queue, decides whether a poll is repeated.
      asynchronous: { retries: 0, maxAgeSeconds: 300 },
      reservedConcurrency: manifest.limits.reservedConcurrency,
    });
    watchIntegration(this, this.function.watch, manifest, stage.vendorBudgetUsdPerDay);
    this.grant(state, manifest, secret);
    if (commands) this.command(state, manifest, commands, stage);
  }

  private grant({ tables, bus, tokenKey }: StateStack, manifest: Manifest, secret: Secret | undefined): void {
    const { name } = manifest;
    const { assets, schedule, readings, accounts } = tables.all;
    this.function.may(["dynamodb:BatchGetItem"], [assets.tableArn]);
    // Moving a member of the wheel deletes it where it was; read is what people were told of, and the vendor's outage.
    this.function.may(
      ["dynamodb:GetItem", "dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:UpdateItem"],
      [schedule.tableArn],
    );
    this.function.may(["dynamodb:UpdateItem"], [readings.tableArn]);
    this.function.may(["dynamodb:BatchGetItem"], [readings.tableArn, schedule.tableArn]);
    // Accounts and budgets are keyed, and tokens sealed, by `<integration>#…`: one vendor's code never opens another's.
    this.function.may(["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"], [accounts.tableArn], {
      "ForAllValues:StringLike": { "dynamodb:LeadingKeys": [`${name}#*`] },
    });
    this.function.may(["kms:GenerateDataKey", "kms:Decrypt"], [tokenKey.keyArn], {
      StringLike: { "kms:EncryptionContext:account": `${name}#*` },
    });
    if (secret) this.function.may(["secretsmanager:GetSecretValue"], [secret.secretArn]);
    this.function.may(["events:PutEvents"], [bus.eventBusArn]);
  }

  private command(
    { tables, bus }: StateStack,
    { name, limits }: Manifest,
    commands: WorkQueue,
    stage: StageConfig,
  ): void {
    this.function.may(
      ["dynamodb:GetItem", "dynamodb:Query", "dynamodb:PutItem", "dynamodb:ConditionCheckItem"],
      [tables.all.commands.tableArn],
    );
    // Only a fleet's ramp is shared by all vendors.
    this.function.may(["dynamodb:UpdateItem"], [tables.all.accounts.tableArn], {
      "ForAllValues:StringLike": { "dynamodb:LeadingKeys": ["@ramp#*"] },
    });
    this.function.may(["sqs:SendMessage"], [commands.queue.queueArn]);
    commands.subscribe("OnIssued", bus, { events: ["CommandIssued"], detail: { integration: [name] } });
    commands.feed(this.function, {
      batchSize: 10,
      // Two is the least that SQS accepts; what is taken up beyond what the function may run at once is only put back.
      ...(stage.capsCommandQueues && { maxConcurrency: Math.max(2, limits.reservedConcurrency) }),
    });
  }
}

/** The client secret of a vendor that gives one, created with placeholders that an operator replaces. */
function vendorSecret(scope: Construct, stage: StageConfig, { vendor, name, secretKeys }: Manifest): Secret {
  const secret = new Secret(scope, "VendorSecret", {
    description: `${vendor}: ${secretKeys.join(", ")}`,
    generateSecretString: {
      secretStringTemplate: JSON.stringify(Object.fromEntries(secretKeys.map((key) => [key, NOT_YET_GIVEN]))),
      generateStringKey: "placeholder",
    },
    removalPolicy: stage.removalPolicy,
  });
  acknowledge(secret, "AwsSolutions-SMG4", "The vendor issues this secret and only the vendor can replace it.");
  new CfnOutput(Stack.of(scope), secretOutputOf(name), { value: secret.secretArn });
  return secret;
}
