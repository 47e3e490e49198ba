import { Duration, Stack } from "aws-cdk-lib";
import { TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import { type Conditions, PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Architecture, Code, Function as LambdaFunction, Runtime } from "aws-cdk-lib/aws-lambda";
import { SqsDestination } from "aws-cdk-lib/aws-lambda-destinations";
import { LogGroup } from "aws-cdk-lib/aws-logs";
import type { ITopic } from "aws-cdk-lib/aws-sns";
import type { Queue } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import { z } from "zod";
import { acknowledge } from "./acknowledge.ts";
import { deadLetterQueue, watchDeadLetters } from "./dead-letter-queue.ts";
import { houseAlarm, type Watch } from "./house-alarm.ts";
import type { StageConfig } from "./stages.ts";

/** What a failure costs, and the page that says what to do about it. */
type OnFailure = { impact: string; runbook: string };

type HouseFunctionProps = {
  stage: StageConfig;
  /** Its folder's name: alarms carry it. */
  name: string;
  owner: string;
  alarms: ITopic;
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
  readonly role: Role;
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
    const logGroup = new LogGroup(this, "Logs", {
      retention: props.stage.logRetention,
      removalPolicy: props.stage.removalPolicy,
    });
    logGroup.grantWrite(this.role);
    this.lambda = new LambdaFunction(this, "Function", {
      code: Code.fromAsset(props.bundle),
      handler: "index.handler",
      runtime: Runtime.NODEJS_22_X,
      architecture: Architecture.ARM_64,
      description: describe(props.onFailure),
      environment: { NODE_OPTIONS: "--enable-source-maps", ...props.environment },
      timeout: Duration.seconds(props.timeoutSeconds),
      memorySize: props.memoryMb,
      role: this.role,
      logGroup,
      onFailure: new SqsDestination(this.failures),
      retryAttempts: props.asynchronous.retries,
      maxEventAge: Duration.seconds(props.asynchronous.maxAgeSeconds),
      ...(props.reservedConcurrency !== undefined && { reservedConcurrentExecutions: props.reservedConcurrency }),
    });
    acknowledge(
      this.lambda,
      "L1",
      "Node 22 is in long-term support; we move when our tests have, not when a newer one exists.",
    );
    const { name, owner, onFailure } = props;
    this.watch = { stage: props.stage.name, topic: props.alarms, part: name, owner, runbook: onFailure.runbook };
    houseAlarm(this, "Errors", this.watch, {
      name: "errors",
      broken: onFailure.impact,
      firstAction: "read INVOCATION_FAILED in the function's log group.",
      metric: this.lambda.metricErrors({ period: Duration.minutes(1) }),
      when: { atLeast: 1 },
      periods: { breaching: 3, of: 5 },
      // A function that is not invoked reports no errors.
      missing: TreatMissingData.NOT_BREACHING,
    });
    watchDeadLetters(this, "Unhandled", this.watch, {
      name: "failures",
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
