import { spawn } from "node:child_process";
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { killGroup, startEmulator } from "./emulator.ts";
import { installEmulator, Unreachable } from "./install.ts";

const INSIDE = fileURLToPath(new URL("inside.ts", import.meta.url));
const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** Makes the emulator, runs the checks as a process that knows nothing but it, and leaves nothing behind. */
async function main(args: readonly string[]): Promise<number> {
  if (args.some((arg) => arg !== "--keep-running")) {
    process.stderr.write("Usage: npm run test:deploy [-- --keep-running]\n");
    return 2;
  }
  const startedAtMs = Date.now();
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "headroom-deploy-")));
  const cleanUp = [() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 })];
  const leave = () => {
    while (cleanUp.length > 0) cleanUp.pop()?.();
  };
  process.once("exit", leave);
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(name, () => process.exit(130));

  let program: string;
  try {
    program = installEmulator(folder);
  } catch (error) {
    if (!(error instanceof Unreachable) || process.env.CI) throw error;
    process.stdout.write(`skipped: PyPI, where the emulator comes from, cannot be reached (${error.message})\n`);
    return 0;
  }
  const emulator = await startEmulator(program, folder);
  cleanUp.push(emulator.kill);
  const inside = spawn(process.execPath, ["--import", "tsx", INSIDE, ...args], {
    cwd: ROOT,
    stdio: "inherit",
    detached: true,
    env: { ...emulator.environment, HEADROOM_DEPLOY_FOLDER: folder, HEADROOM_DEPLOY_STARTED: String(startedAtMs) },
  });
  cleanUp.push(() => killGroup(inside));
  const code = await new Promise<number>((resolve) => inside.once("close", (status) => resolve(status ?? 1)));
  leave();
  await emulator.ended;
  return code;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
