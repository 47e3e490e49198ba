import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const CLI = join(dirname(createRequire(import.meta.url).resolve("aws-cdk/package.json")), "bin", "cdk");

type Run = { cwd: string; environment?: Record<string, string> };

/** Runs the CDK CLI of node_modules, unmodified. Answers what it printed; throws with that when it fails. */
export async function cdk(args: readonly string[], { cwd, environment = {} }: Run): Promise<string> {
  return run(process.execPath, [CLI, ...args, "--no-notices", "--no-color"], { cwd, environment });
}

/** Runs a program to its end. Answers what it printed; throws with that when it fails. */
export async function run(
  program: string,
  args: readonly string[],
  { cwd, environment = {}, input = "" }: Run & { input?: string },
): Promise<string> {
  const child = spawn(program, args, { cwd, env: { ...process.env, ...environment }, stdio: "pipe" });
  let printed = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => {
      printed += text;
    });
  // A program that reads nothing may be gone already.
  child.stdin.on("error", () => {}).end(input);
  const code = await new Promise<number | null>((resolve, reject) =>
    child.once("error", reject).once("close", resolve),
  );
  if (code !== 0) throw new Error(`${[program, ...args].join(" ")} ended with ${code}:\n${printed.trim()}`);
  return printed;
}
