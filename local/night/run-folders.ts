import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";

/** A run that was killed could not clean up; its folder is named by its process. */
export function removeRunsOfTheDead(runs: string): void {
  mkdirSync(runs, { recursive: true });
  for (const name of readdirSync(runs)) {
    if (/^\d+$/.test(name) && !isAlive(Number(name))) rmSync(join(runs, name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Somebody else's process is alive too.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
