import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type NightRequest, prepare } from "./night/inputs.ts";
import { startNight, workFolder } from "./night/run.ts";
import type { AwsCall } from "./roles/aws-call.ts";
import { compare, type RoleOfFunction } from "./roles/compare.ts";
import { rolesText } from "./roles/text.ts";
import { synthesiseInto } from "./synthesise.ts";

const DEVICES = { cars: 3, chargers: 2, heatPumps: 2, solarSites: 2 };
const FILES = { prices: undefined, carbon: undefined, sessions: undefined };
/** Nights in which every way through the code is taken: all kinds of device, everything going wrong, a grid event. */
const NIGHTS: readonly NightRequest[] = [
  { seed: 3, faults: "many", event: "02:00-04:00=5" },
  { seed: 5, faults: "many" },
].map((night) => ({
  ...night,
  ...DEVICES,
  ...FILES,
  night: "2026-01-14",
  zone: "Europe/London",
  faults: "many",
  carbonWeightPencePerKg: 0,
}));

/**
 * Plays nights through the deployed bundles, notes every call to AWS, and compares each function's role with what it asked
 * for: a right that is missing fails in AWS, a right that is spare helps a thief. Exit 1 when either is there.
 */
async function main(): Promise<number> {
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";
  mkdirSync(workFolder("runs"), { recursive: true });
  const folder = mkdtempSync(join(workFolder("runs"), "roles-"));
  const calls: AwsCall[] = [];
  let roles: readonly RoleOfFunction[] = [];
  try {
    await synthesiseInto(folder);
    for (const request of NIGHTS) {
      const night = await startNight({
        inputs: await prepare(request),
        assemblyDir: folder,
        onCall: (call) => void calls.push(call),
      });
      try {
        await night.run();
        roles = night.platform.roles();
      } finally {
        await night.stop();
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const compared = roles.map((role) => compare(role, calls));
  process.stdout.write(rolesText(compared));
  return compared.every(({ missing, spare }) => missing.length === 0 && spare.length === 0) ? 0 : 1;
}

process.exitCode = await main();
