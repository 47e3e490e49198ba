import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const APP = fileURLToPath(new URL("../bin/headroom.ts", import.meta.url));
const ROOT = fileURLToPath(new URL("..", import.meta.url));

/**
 * Makes the cloud assembly with the very app that the CDK CLI runs. A process of its own: the CDK library is large, and
 * its memory is given back before the night begins. Throws with the app's own words when it fails.
 * `environment` is what the stages are made from, beside this process's own.
 */
export async function synthesiseInto(outdir: string, environment: Record<string, string> = {}): Promise<void> {
  const child = spawn(process.execPath, ["--import", "tsx", APP], {
    cwd: ROOT,
    // Template validation takes most of the time and is CI's business.
    env: { ...process.env, ...environment, CDK_OUTDIR: outdir, CDK_VALIDATION: "false" },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text) => {
    errors += text;
  });
  const code = await new Promise<number | null>((resolve, reject) =>
    child.once("error", reject).once("close", resolve),
  );
  if (code !== 0) throw new Error(`the CDK app did not synthesise:\n${errors.trim()}`);
}
