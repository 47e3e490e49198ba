import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { workFolder } from "./night/run.ts";
import { compare } from "./roles/compare.ts";
import { playNight } from "./roles/night.ts";
import { rolesText } from "./roles/text.ts";
import { synthesiseInto } from "./synthesise.ts";

/**
 * Plays a night through the deployed bundles, notes every call to AWS, and compares each function's role with what it asked
 * for: a right that is missing fails in AWS, a right that is spare helps a thief. Exit 1 when either is there.
 */
async function main(): Promise<number> {
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";
  mkdirSync(workFolder("runs"), { recursive: true });
  const folder = mkdtempSync(join(workFolder("runs"), "roles-"));
  try {
    await synthesiseInto(folder);
    const { calls, roles } = await playNight(folder);
    const compared = roles.map((role) => compare(role, calls));
    process.stdout.write(rolesText(compared));
    return compared.every(({ missing, spare }) => missing.length === 0 && spare.length === 0) ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

process.exitCode = await main();
