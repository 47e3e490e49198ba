import { type ChildProcess, fork, type Serializable } from "node:child_process";
import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import type { Job } from "./job.ts";
import type { Played } from "./play.ts";

/** Short-lived objects are all there is: a larger nursery halves the time that collecting them takes. */
const NODE_OPTIONS = ["--max-semi-space-size=64"];

export type Workers<J = Job, P = Played> = {
  /** Plays a night as soon as a process is free. */
  play: (job: J) => Promise<P>;
  close: () => void;
};

type Waiting<J, P> = { job: J; resolve: (played: P) => void; reject: (error: Error) => void };

/** Processes that play nights, one at a time each: what they do with a job is in the module. */
export async function openWorkers<J extends Serializable = Job, P = Played>(
  count: number,
  module = new URL("./worker.ts", import.meta.url),
): Promise<Workers<J, P>> {
  const file = await bundled(fileURLToPath(module));
  const waiting: Waiting<J, P>[] = [];
  const idle: ChildProcess[] = [];
  const all = Array.from({ length: Math.max(1, count) }, () => fork(file, { execArgv: NODE_OPTIONS }));
  const give = (child: ChildProcess) => {
    const next = waiting.shift();
    if (!next) {
      idle.push(child);
      return;
    }
    const onExit = (code: number | null) => next.reject(new Error(`a worker ended with ${code}`));
    child.once("exit", onExit);
    child.once("message", (played: P) => {
      child.off("exit", onExit);
      next.resolve(played);
      give(child);
    });
    child.send(next.job);
  };
  for (const child of all) give(child);
  return {
    play: (job) =>
      new Promise((resolve, reject) => {
        waiting.push({ job, resolve, reject });
        const child = idle.pop();
        if (child) give(child);
      }),
    close() {
      for (const child of all) if (child.connected) child.disconnect();
      rmSync(file, { force: true });
    },
  };
}

/** Plays nights on all workers; answers come in no order. `onPlayed` may answer false, and no further night is begun. */
export async function playAll(
  workers: Workers,
  count: number,
  jobs: readonly Job[],
  onPlayed: (played: Played, job: Job) => boolean,
): Promise<void> {
  const queue = jobs.values();
  let isStopped = false;
  const work = async () => {
    for (const job of queue) {
      if (isStopped) return;
      if (!onPlayed(await workers.play(job), job)) isStopped = true;
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, count) }, work));
}

/** One file for all workers: what runs from source keeps the name of every function, which costs a third of the time. */
async function bundled(module: string): Promise<string> {
  const outfile = fileURLToPath(new URL(`../../.headroom/simulate/worker-${process.pid}.mjs`, import.meta.url));
  await build({
    entryPoints: [module],
    outfile,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20",
    // Fields that are defined, and not assigned, are slow to make.
    tsconfigRaw: { compilerOptions: { useDefineForClassFields: false } },
    alias: {
      "node:async_hooks": fileURLToPath(new URL("./call-context.ts", import.meta.url)),
      "@aws-sdk/client-dynamodb": fileURLToPath(new URL("./aws.ts", import.meta.url)),
      "@aws-sdk/lib-dynamodb": fileURLToPath(new URL("./aws.ts", import.meta.url)),
    },
    external: ["@aws-sdk/*", "@smithy/*", "@aws-cdk/*"],
    banner: {
      js: 'import{createRequire as __createRequire}from"node:module";const require=__createRequire(import.meta.url);',
    },
    logLevel: "warning",
  });
  return outfile;
}
