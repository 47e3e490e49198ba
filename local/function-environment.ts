import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import type { Guardian } from "./guardian.ts";
import { startRuntimeApi, type Work } from "./runtime-api.ts";

/** What an invocation came to. `payload` is the JSON that a caller of Lambda would see. */
export type Outcome = { failed: boolean; payload: string; billedMs: number };

export type EnvironmentSettings = {
  codePath: string;
  handler: string;
  timeoutSeconds: number;
  memoryMb: number;
  variables: Record<string, string>;
  guardian: Guardian;
  /** Virtual now: the time at which the environment starts. */
  now(): number;
  onLine(line: string): void;
  /** It asks for work. */
  onIdle(environment: Environment): void;
  /** The process is gone; with the error document when it never became ready. */
  onGone(environment: Environment, initError?: string): void;
};

export type Environment = {
  readonly pid: number;
  run(work: Work): Promise<Outcome>;
  kill(): void;
};

const here = dirname(fileURLToPath(import.meta.url));
const runtimeClient = join(dirname(createRequire(import.meta.url).resolve("aws-lambda-ric")), "..", "bin", "index.mjs");

// The old space as Lambda bounds it; the young one smaller, for a laptop that runs a dozen of these.
const heapFlags = (memoryMb: number) => [
  `--max-old-space-size=${Math.floor(memoryMb * 0.9)}`,
  "--max-semi-space-size=2",
];

/** Starts one function environment: AWS's runtime client in a process of its own. */
export async function startEnvironment(settings: EnvironmentSettings): Promise<Environment> {
  let deliver: ((work: Work) => void) | undefined;
  let current: { work: Work; finish(failed: boolean, payload: string): void } | undefined;
  let initError: string | undefined;
  let ready = false;

  const settle = (requestId: string, failed: boolean, body: string) => {
    if (current?.work.requestId === requestId) current.finish(failed, body);
  };
  const api = await startRuntimeApi({
    onNext(given) {
      ready = true;
      deliver = given;
      settings.onIdle(environment);
    },
    onResponse: (requestId, body) => settle(requestId, false, body),
    onError: (requestId, body) => settle(requestId, true, body),
    onInitError: (body) => {
      initError = body;
    },
  });

  const child = spawn(
    process.execPath,
    [...heapFlags(settings.memoryMb), "--require", join(here, "preload.cjs"), runtimeClient, settings.handler],
    {
      cwd: settings.codePath,
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        ...settings.variables,
        AWS_LAMBDA_RUNTIME_API: api.address,
        HEADROOM_VIRTUAL_NOW_MS: String(settings.now()),
      },
    },
  );
  const unwatch = child.pid === undefined ? () => {} : settings.guardian.watch(child.pid);
  readLines(child.stdout, settings.onLine);
  readLines(child.stderr, settings.onLine);

  const environment: Environment = {
    pid: child.pid ?? -1,
    run(work) {
      return new Promise((resolve) => {
        const startedAt = performance.now();
        const timer = setTimeout(() => {
          const seconds = settings.timeoutSeconds.toFixed(2);
          finish(true, failure("Sandbox.Timedout", work, `Task timed out after ${seconds} seconds`));
          child.kill("SIGKILL");
        }, settings.timeoutSeconds * 1000);
        const finish = (failed: boolean, payload: string) => {
          clearTimeout(timer);
          current = undefined;
          const billedMs = Math.max(1, Math.ceil(performance.now() - startedAt));
          // One turn of the event loop, so that log lines written before the answer are read before it.
          setImmediate(() => resolve({ failed, payload, billedMs }));
        };
        current = { work, finish };
        deliver?.(work);
        deliver = undefined;
      });
    },
    kill: () => void child.kill("SIGKILL"),
  };

  child.on("error", (error) => {
    initError ??= JSON.stringify({ errorType: "Runtime.InvalidEntrypoint", errorMessage: error.message });
  });
  child.on("close", (code, signal) => {
    unwatch();
    api.close();
    const how = `Runtime exited ${exitReason(code, signal)}`;
    current?.finish(true, failure("Runtime.ExitError", current.work, how));
    const neverReady = JSON.stringify({ errorType: "Runtime.ExitError", errorMessage: `Error: ${how}` });
    settings.onGone(environment, ready ? undefined : (initError ?? neverReady));
  });
  return environment;
}

function exitReason(code: number | null, signal: string | null): string {
  if (signal) return `with error: signal: ${signal}`;
  return code ? `with error: exit status ${code}` : "without providing a reason";
}

function failure(errorType: string, work: Work, message: string): string {
  return JSON.stringify({ errorType, errorMessage: `RequestId: ${work.requestId} Error: ${message}` });
}

function readLines(stream: Readable, onLine: (line: string) => void): void {
  createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }).on("line", (line) => {
    // The runtime client announces itself before it takes over the console.
    if (line !== "" && !line.startsWith("Executing '")) onLine(line);
  });
}
