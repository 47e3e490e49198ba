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

type Invocation = {
  work: Work;
  resolve(outcome: Outcome): void;
  timer: NodeJS.Timeout;
  startedAt: number;
  /** Streams whose lines of this invocation have not all been read. */
  unreadStreams: number;
  outcome?: Outcome;
};

const here = dirname(fileURLToPath(import.meta.url));
const runtimeClient = join(dirname(createRequire(import.meta.url).resolve("aws-lambda-ric")), "..", "bin", "index.mjs");

// The old space as Lambda bounds it; the young one smaller, for a laptop that runs a dozen of these.
const heapFlags = (memoryMb: number) => [
  `--max-old-space-size=${Math.floor(memoryMb * 0.9)}`,
  "--max-semi-space-size=2",
];

// Only what hangs may come to its timeout, and a busy laptop takes longer for the same work.
const SLOWER_THAN_AWS = 3;

/** Starts one function environment: AWS's runtime client in a process of its own. */
export async function startEnvironment(settings: EnvironmentSettings): Promise<Environment> {
  const open = new Map<string, Invocation>();
  let deliver: ((work: Work) => void) | undefined;
  let initError: string | undefined;
  let ready = false;

  const answer = (requestId: string, failed: boolean, payload: string) => {
    const invocation = open.get(requestId);
    if (!invocation || invocation.outcome) return;
    clearTimeout(invocation.timer);
    const billedMs = Math.max(1, Math.ceil(performance.now() - invocation.startedAt));
    invocation.outcome = { failed, payload, billedMs };
    conclude(requestId);
  };
  // An invocation is over when it has been answered and both its streams have been read to where it ended.
  const conclude = (requestId: string) => {
    const invocation = open.get(requestId);
    if (!invocation?.outcome || invocation.unreadStreams > 0) return;
    open.delete(requestId);
    invocation.resolve(invocation.outcome);
  };
  const streamRead = (requestId: string) => {
    const invocation = open.get(requestId);
    if (invocation) invocation.unreadStreams -= 1;
    conclude(requestId);
  };

  const api = await startRuntimeApi({
    onNext(given) {
      ready = true;
      deliver = given;
      settings.onIdle(environment);
    },
    onResponse: (requestId, body) => answer(requestId, false, body),
    onError: (requestId, body) => answer(requestId, true, body),
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
  readLines(child.stdout, settings.onLine, streamRead);
  readLines(child.stderr, settings.onLine, streamRead);

  const environment: Environment = {
    pid: child.pid ?? -1,
    run(work) {
      return new Promise((resolve) => {
        const timer = setTimeout(
          () => {
            const message = `Task timed out after ${settings.timeoutSeconds.toFixed(2)} seconds`;
            answer(work.requestId, true, failure("Sandbox.Timedout", work, message));
            child.kill("SIGKILL");
          },
          settings.timeoutSeconds * SLOWER_THAN_AWS * 1000,
        );
        open.set(work.requestId, { work, resolve, timer, startedAt: performance.now(), unreadStreams: 2 });
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
    for (const [requestId, invocation] of open) {
      invocation.unreadStreams = 0;
      answer(requestId, true, failure("Runtime.ExitError", invocation.work, how));
      conclude(requestId);
    }
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

// Written by the preload to both streams when an invocation ends.
const END_OF_INVOCATION = "\u0000end of invocation ";

function readLines(stream: Readable, onLine: (line: string) => void, onEnd: (requestId: string) => void): void {
  createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }).on("line", (read) => {
    const [line = "", ended] = read.split(END_OF_INVOCATION);
    // The runtime client announces itself before it takes over the console.
    if (line !== "" && !line.startsWith("Executing '")) onLine(line);
    if (ended !== undefined) onEnd(ended);
  });
}
