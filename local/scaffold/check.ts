import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const SECOND_MS = 1000;

/** Runs the checks that a new folder must pass, and says what comes next; false when one fails. */
export function checkIntegration(name: string, out: (text: string) => void): boolean {
  const folder = `lambdas/integrations/${name}`;
  const checks: [string, string[]][] = [
    ["format and lint", ["biome", "check", folder]],
    ["types", ["tsc", "--noEmit"]],
    ["synth and conformance", ["vitest", "run", "test/conformance.test.ts", "-t", `^${name} `, "--reporter=dot"]],
  ];
  let isGood = true;
  for (const [title, [tool = "", ...args]] of checks) {
    const startedMs = performance.now();
    const run = spawnSync(`node_modules/.bin/${tool}`, args, { cwd: ROOT, encoding: "utf8" });
    const seconds = ((performance.now() - startedMs) / SECOND_MS).toFixed(1);
    out(`${run.status === 0 ? "passed" : "FAILED"}  ${title} (${seconds} s)\n`);
    if (run.status !== 0) out(`${run.stdout}${run.stderr}\n`);
    isGood &&= run.status === 0;
  }
  out(`
${folder} is there; no other file was changed. Next:
  1. docs/integrations.md says what each file holds; every TODO in the folder is yours:
       grep -rn TODO ${folder}
  2. Put the vendor's real answers, scrubbed, into fixtures/, then make device.ts, api.ts and adapter.ts fit them.
  3. npx vitest run test/conformance.test.ts -t "^${name} "
  4. Turn rules in quality.ts from todo to done; \`npm run docs\` puts the folder into README's table.
`);
  return isGood;
}

const [, script, name] = process.argv;
if (script === fileURLToPath(import.meta.url) && name !== undefined) {
  process.exitCode = checkIntegration(name, (text) => void process.stdout.write(text)) ? 0 : 1;
}
