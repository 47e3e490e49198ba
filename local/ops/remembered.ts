import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { Deployment } from "./connection.ts";

/** Where a local platform that keeps running says how to reach it. */
const FILE = fileURLToPath(new URL("../../.headroom/platform.json", import.meta.url));

export function rememberDeployment(deployment: Deployment): void {
  mkdirSync(dirname(FILE), { recursive: true });
  writeFileSync(FILE, JSON.stringify({ ...deployment, pid: process.pid }));
}

export function forgetDeployment(): void {
  rmSync(FILE, { force: true });
}

/** The local platform that is up now; undefined when there is none. */
export function runningDeployment(): Deployment | undefined {
  let text: string;
  try {
    text = readFileSync(FILE, "utf8");
  } catch {
    return undefined;
  }
  const { pid, ...deployment } = JSON.parse(text) as { pid: number };
  try {
    process.kill(pid, 0);
  } catch {
    return undefined;
  }
  return Deployment.parse(deployment);
}
