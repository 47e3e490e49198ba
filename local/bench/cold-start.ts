import { mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { type Environment, startEnvironment } from "../function-environment.ts";
import type { Guardian } from "../guardian.ts";

/** One cold start: loading the bundle with all it asks of the SDK, and the whole process to its first ask for work. */
export type ColdStart = { initMs: number; cpuMs: number; wholeMs: number };

/** A function as it is deployed: the bundle's directory, and its memory. */
export type Bundled = { name: string; directory: string; memoryMb: number };

const Said = z.object({ initMs: z.number(), cpuMs: z.number() });
const MARK = "COLD_START ";

/** Bytes of the code that is loaded; its source map is read only when an error is logged. */
export function codeBytes({ directory }: Pick<Bundled, "directory">): number {
  return statSync(join(directory, "index.js")).size;
}

/** Puts a handler around the bundle that times its loading; returns the directory. The SDK is found where the bundle lies. */
export function timed({ name, directory }: Bundled, workDir: string): string {
  const around = join(workDir, name);
  rmSync(around, { recursive: true, force: true });
  mkdirSync(around, { recursive: true });
  writeFileSync(join(around, "package.json"), '{"type":"commonjs"}\n');
  writeFileSync(
    join(around, "index.js"),
    `const [beganMs, began] = [performance.now(), process.cpuUsage()];
exports.handler = require(${JSON.stringify(join(directory, "index.js"))}).handler;
const { user, system } = process.cpuUsage(began);
console.log(${JSON.stringify(MARK)} + JSON.stringify({ initMs: performance.now() - beganMs, cpuMs: (user + system) / 1000 }));
`,
  );
  return around;
}

/** Starts AWS's runtime client once in a process of its own. Rejects when the function never asks for work. */
export function coldStart(codePath: string, memoryMb: number, guardian: Guardian): Promise<ColdStart> {
  const beganMs = performance.now();
  return new Promise((resolve, reject) => {
    let wholeMs: number | undefined;
    let said: z.infer<typeof Said> | undefined;
    let environment: Environment | undefined;
    const settle = () => {
      if (wholeMs === undefined || !said) return;
      environment?.kill();
      resolve({ ...said, wholeMs });
    };
    void startEnvironment({
      ...{ codePath, handler: "index.handler", timeoutSeconds: 30, memoryMb, guardian, now: () => Date.now() },
      variables: {},
      onLine(line) {
        const [, text] = line.split(MARK);
        if (text === undefined) return;
        said = Said.parse(JSON.parse(text));
        settle();
      },
      onIdle(idle) {
        wholeMs = performance.now() - beganMs;
        environment = idle;
        settle();
      },
      onGone: (_, initError) => {
        if (initError !== undefined) reject(new Error(`a cold start of ${codePath} failed: ${initError}`));
      },
    });
  });
}

export function median(values: readonly number[]): number {
  const ordered = values.toSorted((a, b) => a - b);
  const middle = ordered.length / 2;
  const [low, high] = [ordered[Math.ceil(middle) - 1], ordered[Math.floor(middle)]];
  if (low === undefined || high === undefined) throw new Error("no values");
  return (low + high) / 2;
}
