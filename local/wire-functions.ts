import type { VirtualClock } from "./clock.ts";
import type { AwsMetrics } from "./cloudwatch/aws-metrics.ts";
import { FunctionHost } from "./function-host.ts";
import type { QueueWithPolicies } from "./gateway/event-bus.ts";
import { startEventSourceMapping } from "./gateway/event-source-mappings.ts";
import { Functions } from "./gateway/functions.ts";
import type { Ids } from "./gateway/ids.ts";
import type { Queue } from "./gateway/queues.ts";
import type { Guardian } from "./guardian.ts";
import type { Model, Resource } from "./model.ts";
import { unsupported } from "./unsupported.ts";

export type FunctionOptions = {
  clock: VirtualClock;
  ids: Ids;
  metrics: AwsMetrics;
  guardian: Guardian;
  queues: Map<string, QueueWithPolicies>;
  /** What every AWS client of this run needs: endpoints, Region, credentials. */
  awsVariables: Record<string, string>;
  /** Replaces variables that the template declares for a function; others are left alone. */
  environmentOverrides: Record<string, string>;
  onLog(functionName: string, line: string): void;
};

type FunctionResource = Resource<"AWS::Lambda::Function">;

// AWS starts with five pollers for a queue.
const POLLERS = 5;
const SIX_HOURS_IN_SECONDS = 21_600;

/** The stage's functions, with what happens when an asynchronous invocation fails and the queues they poll. */
export function wireFunctions(model: Model, options: FunctionOptions): Functions {
  const { clock, ids, guardian, queues, metrics, onLog } = options;
  const functions = new Functions(clock, ids, metrics);
  const queueAt = (resource: Resource<never> | FunctionResource, arn: string | undefined): Queue | undefined => {
    const queue = arn === undefined ? undefined : queues.get(arn)?.queue;
    if (arn !== undefined && !queue) throw unsupported(resource, `${arn} is not a queue of this stage`);
    return queue;
  };

  for (const resource of model.of("AWS::Lambda::Function")) {
    const { ref: name, attributes, properties } = resource;
    const codePath = model.codePath(properties.Code.S3Key);
    if (!codePath || codePath.endsWith(".zip"))
      throw unsupported(resource, "its code is not a directory of the assembly");
    const reserved = properties.ReservedConcurrentExecutions;
    const definition = {
      name,
      codePath,
      handler: properties.Handler,
      timeoutSeconds: properties.Timeout,
      memoryMb: properties.MemorySize,
      variables: functionVariables(resource, codePath, options),
    };
    const config = model.of("AWS::Lambda::EventInvokeConfig").find((one) => one.properties.FunctionName === name);
    functions.add({
      name,
      arn: attributes.Arn as string,
      host: new FunctionHost(
        definition,
        guardian,
        () => clock.now(),
        (line) => {
          metrics.logLine(logGroupOf(resource), line, clock.now());
          onLog(name, line);
        },
      ),
      throttled: reserved === 0,
      maximumEventAgeSeconds: config?.properties.MaximumEventAgeInSeconds ?? SIX_HOURS_IN_SECONDS,
      maximumRetryAttempts: config?.properties.MaximumRetryAttempts ?? 2,
      onFailure: queueAt(resource, config?.properties.DestinationConfig?.OnFailure?.Destination),
      deadLetters: queueAt(resource, properties.DeadLetterConfig?.TargetArn),
    });
  }

  for (const resource of model.of("AWS::Lambda::EventSourceMapping")) {
    const { properties } = resource;
    const queue = queues.get(properties.EventSourceArn)?.queue;
    if (!queue) throw unsupported(resource, `${properties.EventSourceArn} is not a queue of this stage`);
    if (queue.onVisible) throw unsupported(resource, `${queue.settings.name} is polled by another mapping already`);
    if (!functions.has(properties.FunctionName)) throw unsupported(resource, `no function ${properties.FunctionName}`);
    if (!properties.Enabled) continue;
    const mapping = {
      queue,
      functionName: properties.FunctionName,
      batchSize: properties.BatchSize,
      windowSeconds: properties.MaximumBatchingWindowInSeconds,
      reportsItemFailures: properties.FunctionResponseTypes?.includes("ReportBatchItemFailures") ?? false,
      maximumConcurrency: properties.ScalingConfig?.MaximumConcurrency ?? POLLERS,
    };
    startEventSourceMapping(mapping, functions, clock);
  }
  return functions;
}

function logGroupOf({ ref, properties }: FunctionResource): string {
  return properties.LoggingConfig?.LogGroup ?? `/aws/lambda/${ref}`;
}

function functionVariables(
  resource: FunctionResource,
  codePath: string,
  options: FunctionOptions,
): Record<string, string> {
  const { properties, ref } = resource;
  const declared = properties.Environment?.Variables ?? {};
  const overridden = Object.entries(options.environmentOverrides).filter(([name]) => Object.hasOwn(declared, name));
  const logging = properties.LoggingConfig;
  return {
    PATH: process.env.PATH ?? "",
    HOME: process.env.HOME ?? "",
    TZ: "UTC",
    ...options.awsVariables,
    // Whoever is asked knows by whom.
    AWS_ACCESS_KEY_ID: ref,
    AWS_EXECUTION_ENV: `AWS_Lambda_${properties.Runtime}`,
    AWS_LAMBDA_FUNCTION_NAME: ref,
    AWS_LAMBDA_FUNCTION_VERSION: "$LATEST",
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(properties.MemorySize),
    AWS_LAMBDA_INITIALIZATION_TYPE: "on-demand",
    AWS_LAMBDA_LOG_GROUP_NAME: logGroupOf(resource),
    AWS_LAMBDA_LOG_STREAM_NAME: "local",
    AWS_LAMBDA_LOG_FORMAT: logging?.LogFormat ?? "Text",
    ...(logging?.ApplicationLogLevel ? { AWS_LAMBDA_LOG_LEVEL: logging.ApplicationLogLevel } : {}),
    LAMBDA_TASK_ROOT: codePath,
    _HANDLER: properties.Handler,
    // A local process needs few of the threads that Node.js starts for file and DNS work.
    UV_THREADPOOL_SIZE: "2",
    ...declared,
    ...Object.fromEntries(overridden),
  };
}
