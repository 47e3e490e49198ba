import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { Deployment } from "./connection.ts";

/** Where a local platform that keeps running says how to reach it. */
const FILE = fileURLToPath(new URL("../../.headroom/platform.json", import.meta.url));

const Remembered = Deployment.extend({ pid: z.number().int().positive() });

export function rememberDeployment(deployment: Deployment, file = FILE): void {
  mkdirSync(dirname(file), { recursive: true });
  const temporary = `${file}.${process.pid}`;
  writeFileSync(temporary, JSON.stringify({ ...deployment, pid: process.pid }));
  renameSync(temporary, file);
}

/** Forgets this process's platform; one that was started after it stays known. */
export function forgetDeployment(file = FILE): void {
  if (read(file)?.pid === process.pid) rmSync(file, { force: true });
}

/** The local platform that is up now; undefined when there is none. */
export function runningDeployment(file = FILE): Deployment | undefined {
  const found = read(file);
  if (!found) return undefined;
  const { pid, ...deployment } = found;
  try {
    process.kill(pid, 0);
  } catch {
    return undefined;
  }
  return deployment;
}

/** What the file says; undefined when there is none, or it was written by another version. */
function read(file: string): z.infer<typeof Remembered> | undefined {
  try {
    return Remembered.safeParse(JSON.parse(readFileSync(file, "utf8"))).data;
  } catch {
    return undefined;
  }
}
