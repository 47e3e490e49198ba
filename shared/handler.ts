import type { Context } from "aws-lambda";
import * as z from "zod";
import { systemNow } from "./bus.ts";
import type { Instant } from "./domain/instant.ts";
import { ConfigError } from "./errors.ts";
import { createLog, type Log } from "./log.ts";
import { embeddedMetrics, type Meter } from "./metrics.ts";

/** What every run function may ask for besides its own dependencies. */
export type Runtime = {
  now: () => Instant;
  log: Log;
  /** What it adds is sent when the invocation ends, however it ends. */
  meter: Meter;
  /** Milliseconds until AWS ends this invocation. */
  remainingMs: () => number;
};

type Options<Event, Env, Deps, Result> = {
  service: string;
  event: z.ZodType<Event>;
  environment: z.ZodType<Env>;
  /** Builds clients; called once per process, on the first invocation. `log` is the service's, of no one invocation. */
  dependencies: (env: Env, log: Log, meter: Meter) => Deps;
  run: (event: Event, deps: Deps & Runtime) => Promise<Result>;
};

/**
 * The only way to make a Lambda handler: parses environment and event by schema, builds dependencies once, logs one
 * line at the end (or the error, once), sends what was measured, and rethrows so that AWS retries. Nothing happens at
 * import time.
 */
export function lambdaHandler<Event, Env, Deps extends object, Result>(options: Options<Event, Env, Deps, Result>) {
  let built: { deps: Deps; log: Log; meter: ReturnType<typeof embeddedMetrics> } | undefined;
  return async (rawEvent: unknown, context: Context): Promise<Result> => {
    built ??= build(options);
    const { deps, meter } = built;
    const log = built.log.with({ requestId: context.awsRequestId });
    const startedMs = performance.now();
    try {
      const event = parseEvent(options.event, rawEvent);
      const result = await options.run(event, {
        ...deps,
        log,
        meter,
        now: systemNow,
        remainingMs: () => context.getRemainingTimeInMillis(),
      });
      log.info("INVOCATION_COMPLETED", { durationMs: Math.round(performance.now() - startedMs) });
      return result;
    } catch (error) {
      log.error("INVOCATION_FAILED", error);
      throw error;
    } finally {
      meter.flush();
    }
  };
}

function build<Event, Env, Deps extends object, Result>(options: Options<Event, Env, Deps, Result>) {
  const log = createLog({ service: options.service, now: () => new Date() });
  const meter = embeddedMetrics(options.service);
  return { deps: options.dependencies(parseEnvironment(options.environment, process.env), log, meter), log, meter };
}

/** Parses environment variables. Throws a ConfigError that names every variable at fault and prints no value. */
export function parseEnvironment<Env>(schema: z.ZodType<Env>, env: Record<string, string | undefined>): Env {
  const parsed = schema.safeParse(env);
  if (parsed.success) return parsed.data;
  const names = [...new Set(parsed.error.issues.map((issue) => issue.path[0]))].join(", ");
  throw new ConfigError(`environment variables missing or wrong: ${names}`);
}

function parseEvent<Event>(schema: z.ZodType<Event>, raw: unknown): Event {
  const parsed = schema.safeParse(raw);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new Error(`event does not fit its schema: ${issue?.path.join(".") || "(root)"}: ${issue?.message}`, {
    cause: parsed.error,
  });
}

/** A non-empty environment variable. */
export const EnvText = z.string().min(1);
