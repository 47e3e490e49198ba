import { Duration, Stack } from "aws-cdk-lib";
import { type Conditions, PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { type Alias, Architecture, Code, Function as LambdaFunction, Runtime } from "aws-cdk-lib/aws-lambda";
import { LogGroup } from "aws-cdk-lib/aws-logs";
import type { Queue } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import { z } from "zod";
import { acknowledge } from "./acknowledge.ts";
import type { AlarmTopics } from "./alarm-topics.ts";
import { watchDeadLetters } from "./alarms/dead-letter-alarms.ts";
import { watchFunction } from "./alarms/function-alarms.ts";
import { deadLetterQueue } from "./dead-letter-queue.ts";
import { gradualAlias } from "./gradual-deployment.ts";
import type { Watch } from "./house-alarm.ts";
import type { StageConfig } from "./stages.ts";

/** What a failure costs, and the page that says what to do about it. */
type OnFailure = { impact: string; runbook: string };

type HouseFunctionProps = {
  stage: StageConfig;
  /** Its folder's name: alarms carry it. */
  name: string;
  owner: string;
  alarms: AlarmTopics;
  /** Directory that holds `index.js`. */
  bundle: string;
  onFailure: OnFailure;
  environment: Record<string, string>;
  timeoutSeconds: number;
  memoryMb: number;
  /** Asynchronous invocations: further tries after an error, and the age at which one is given up. */
  asynchronous: { retries: 0 | 1 | 2; maxAgeSeconds: number };
  /** Invocations at once. Left out: shares the account's pool. */
  reservedConcurrency?: number | undefined;
};

/** What cdk-nag asks of a function and this house answers otherwise. */
const ACKNOWLEDGED: readonly [rules: string[], reason: string][] = [
  [
    ["Serverless-LambdaDLQ"],
    "The on-failure destination is the dead-letter queue: it holds the event and why it failed, a DeadLetterConfig the event alone.",
  ],
  [
    ["Serverless-LambdaTracing"],
    "Log lines and events carry the ids that join a journey; X-Ray's SDK is in maintenance.",
  ],
];
const LAMBDA_ENVIRONMENT_BYTES = 4096;
const LAMBDA_DESCRIPTION_LENGTH = 256;
/** A table or function name, a queue URL or an ARN: most are shorter. */
const REFERENCE_BYTES = 100;
const Join = z.object({ "Fn::Join": z.tuple([z.literal(""), z.array(z.unknown())]) });

/**
 * The one way to make a Lambda: its own role without AWS managed policies, its own log group, its own queue of failed
 * asynchronous invocations, and a stated consequence of failure. Tracing is off: log lines and events carry the ids
 * that join a journey, and X-Ray's SDK is in maintenance.
 */
export class HouseFunction extends Construct {
  readonly lambda: LambdaFunction;
  /** What others invoke: where new code takes over step by step, the alias that does. */
  readonly entry: LambdaFunction | Alias;
  readonly role: Role;
  readonly logGroup: LogGroup;
  /** Failed asynchronous invocations and undeliverable ticks. */
  readonly failures: Queue;
  readonly timeoutSeconds: number;
  /** Where what goes wrong around it is told. */
  readonly watch: Watch;

  constructor(scope: Construct, id: string, props: HouseFunctionProps) {
    super(scope, id);
    this.timeoutSeconds = props.timeoutSeconds;
    this.failures = deadLetterQueue(this, "Failures");
    this.role = new Role(this, "Role", { assumedBy: new ServicePrincipal("lambda.amazonaws.com") });
    this.logGroup = new LogGroup(this, "Logs", {
      retention: props.stage.logRetention,
      removalPolicy: props.stage.removalPolicy,
    });
    this.logGroup.grantWrite(this.role);
    this.may(["sqs:SendMessage"], [this.failures.queueArn]);
    this.lambda = new LambdaFunction(this, "Function", {
      code: Code.fromAsset(props.bundle),
      handler: "index.handler",
      // Lambda supports it until April 2028, Node 22 until April 2027.
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      description: describe(props.onFailure),
      environment: {
        // A metric that no alarm reads costs as much as one that wakes somebody.
        POWERTOOLS_METRICS_DISABLED: String(props.stage.watch !== "all"),
        ...props.environment,
      },
      timeout: Duration.seconds(props.timeoutSeconds),
      memorySize: props.memoryMb,
      role: this.role,
      logGroup: this.logGroup,
      ...(props.reservedConcurrency !== undefined && { reservedConcurrentExecutions: props.reservedConcurrency }),
    });
    for (const [rules, reason] of ACKNOWLEDGED) for (const rule of rules) acknowledge(this.lambda, rule, reason);
    const { name, owner, onFailure } = props;
    this.watch = { stage: props.stage, topics: props.alarms, part: name, owner, runbook: onFailure.runbook };
    const errors = watchFunction(this, this.watch, {
      lambda: this.lambda,
      logGroup: this.logGroup,
      impact: onFailure.impact,
    });
    const { shift } = props.stage;
    if (shift && !errors) throw new Error(`${props.stage.name} shifts to new code, but watches no function's errors`);
    this.entry = shift && errors ? gradualAlias(this, { lambda: this.lambda, shift, alarm: errors }) : this.lambda;
    this.entry.configureAsyncInvoke({
      // The library's own destination also grants what nobody uses.
      onFailure: { bind: () => ({ destination: this.failures.queueArn }) },
      retryAttempts: props.asynchronous.retries,
      maxEventAge: Duration.seconds(props.asynchronous.maxAgeSeconds),
    });
    // Each was an error too, or a tick that the next one makes good: where alarms are few, that is enough.
    if (props.stage.watch === "all")
      watchDeadLetters(this, "Unhandled", this.watch, {
        what: "failures",
        queue: this.failures,
        broken: `Invocations or ticks of ${name} were given up.`,
      });
    this.node.addValidation({ validate: () => environmentTooLarge(this, props.environment) });
  }

  /** Allows exactly these actions on exactly these resources. */
  may(actions: readonly string[], resources: readonly string[], conditions: Conditions = {}): void {
    this.role.addToPolicy(new PolicyStatement({ actions: [...actions], resources: [...resources], conditions }));
  }
}

function describe({ impact, runbook }: OnFailure): string {
  const text = `When it fails: ${impact} See ${runbook}`;
  if (text.length > LAMBDA_DESCRIPTION_LENGTH) throw new Error(`too long for a Lambda description: ${text}`);
  return text;
}

/** CloudFormation would only say so half-way through a deployment. */
function environmentTooLarge(scope: Construct, environment: Record<string, string>): string[] {
  const bytes = Object.entries(environment).reduce(
    (sum, [name, value]) => sum + name.length + lengthWhenDeployed(Stack.of(scope).resolve(value)),
    0,
  );
  if (bytes <= LAMBDA_ENVIRONMENT_BYTES) return [];
  return [`environment variables of about ${bytes} bytes; Lambda allows ${LAMBDA_ENVIRONMENT_BYTES}`];
}

function lengthWhenDeployed(value: unknown): number {
  if (typeof value === "string") return Buffer.byteLength(value);
  const join = Join.safeParse(value);
  if (join.success) return join.data["Fn::Join"][1].reduce((sum: number, part) => sum + lengthWhenDeployed(part), 0);
  return REFERENCE_BYTES;
}
