import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const REQUIREMENTS = fileURLToPath(new URL("requirements.txt", import.meta.url));
/** How pip says that it found nobody to ask, and not that what it found is wrong. */
const UNREACHABLE =
  /NewConnectionError|ConnectTimeoutError|ReadTimeoutError|ProxyError|Name or service not known|name resolution|Network is unreachable|Could not fetch URL/i;

/** PyPI did not answer: nothing is known about the deployment. */
export class Unreachable extends Error {}

/** Installs the pinned emulator into a virtual environment and answers where its program is. */
export function installEmulator(folder: string): string {
  const venv = join(folder, "venv");
  run("python3", ["-c", "import sys; sys.exit('Python 3.11 or newer, please' if sys.version_info < (3, 11) else 0)"]);
  run("python3", ["-m", "venv", venv]);
  run(join(venv, "bin", "pip"), [
    ...["install", "--quiet", "--disable-pip-version-check", "--retries", "2", "--timeout", "20"],
    ...["--require-hashes", "--requirement", REQUIREMENTS],
  ]);
  return join(venv, "bin", "ministack");
}

function run(program: string, args: readonly string[]): void {
  const { status, error, stderr } = spawnSync(program, args, { encoding: "utf8", stdio: ["ignore", "ignore", "pipe"] });
  if (error) throw new Error(`${program}: ${error.message}; the deploy test needs Python 3.11 or newer with venv`);
  if (status === 0) return;
  if (UNREACHABLE.test(stderr)) throw new Unreachable(lastLine(stderr));
  throw new Error(`${program} ${args[0]} failed:\n${stderr.trim()}`);
}

function lastLine(text: string): string {
  return text.trim().split("\n").at(-1) ?? "";
}
