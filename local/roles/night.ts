import { SolarSite } from "../../shared/domain/asset.ts";
import { HOUR_MS, MINUTE_MS, plusMs } from "../../shared/domain/instant.ts";
import { mapLimited } from "../../shared/map-limited.ts";
import { assetsOf } from "../night/fleet.ts";
import { type NightInputs, prepare } from "../night/inputs.ts";
import { type Night, startNight } from "../night/run.ts";
import type { AwsCall } from "./aws-call.ts";
import type { RoleOfFunction } from "./compare.ts";

/** Devices of all vendors, some of each, so that one may be lost to its faults; everything goes wrong, and a grid event. */
const REQUEST = {
  night: "2026-01-14",
  zone: "Europe/London",
  seed: 3,
  faults: "many",
  event: "18:00-19:00=5",
  cars: 3,
  chargers: 3,
  heatPumps: 6,
  solarSites: 2,
  prices: undefined,
  carbon: undefined,
  sessions: undefined,
  carbonWeightPencePerKg: 200,
} as const;
/** Of hot water, °C. */
const WIDE_BAND = { hotWaterMinC: 42, hotWaterMaxC: 60 };
/** One more than an invocation of the optimiser plans, in streets that it does not part. */
const [ROOFS, STREET] = [2001, 100];
/** Of the verifier's conditional writes to the ledger, so many are as if another of it had been first: each fourth. */
const RIVALS_EACH = 4;
/** After the night's noon: before the day's prices come, and when the cheapest hours are over. */
const [FROM_MS, TO_MS] = [3 * HOUR_MS, 18 * HOUR_MS];
const PROOF_MS = 20 * MINUTE_MS;
const AFTERWARDS_MS = 3 * MINUTE_MS;

/** A night in which every way through the code is taken, what its functions asked of AWS, and their roles. */
export async function playNight(assemblyDir: string): Promise<{ calls: AwsCall[]; roles: RoleOfFunction[] }> {
  const calls: AwsCall[] = [];
  const inputs = await prepare(REQUEST);
  const night = await startNight({
    inputs: enrolledLongAgo(inputs),
    assemblyDir,
    startsAtMs: inputs.night.startsAtMs + FROM_MS,
    onCall: (call) => void calls.push(call),
    isBeaten: rivals(),
  });
  try {
    await widenBands(night, inputs);
    await leaveUndone(night, inputs);
    await night.clock.runUntil(inputs.night.startsAtMs + TO_MS);
    await growTooLarge(night, inputs);
    await night.clock.runUntil(night.clock.now() + AFTERWARDS_MS);
    const refusals = night.platform.refusals().map(({ message }) => message);
    if (refusals.length > 0) throw new Error(`the night proves nothing: ${refusals.join("; ")}`);
    return { calls, roles: night.platform.roles() };
  } finally {
    await night.stop();
  }
}

/** Devices that came when each vendor's were looked at less often: they stand on wheels that no look leaves them on. */
function enrolledLongAgo(inputs: NightInputs): NightInputs {
  const vendors = inputs.vendors.map((vendor) => {
    const streams = vendor.manifest.streams.map(({ stream, cadence }) => ({
      stream,
      cadence: { ...cadence, idleMinutes: 3 * cadence.idleMinutes },
    }));
    return { ...vendor, manifest: { ...vendor.manifest, streams } };
  });
  return { ...inputs, vendors };
}

/** Owners who allow more than their devices are set to: then a tank can be heated before it must, or rest. */
async function widenBands({ connection, clock }: Night, { heatPumps }: NightInputs): Promise<void> {
  const widened = heatPumps.map((pump) => ({ ...pump, preferences: { ...pump.preferences, ...WIDE_BAND } }));
  await clock.during("preferences", async () => {
    for (const pump of widened) await connection.assets.put(pump);
  });
}

/** A command for each heat pump that its vendor took and it never does. */
async function leaveUndone({ connection, clock }: Night, { heatPumps }: NightInputs): Promise<void> {
  const now = connection.now();
  const notAfter = plusMs(now, PROOF_MS);
  await clock.during("commands", async () => {
    for (const { assetId, integration } of heatPumps) {
      const key = { assetId, commandId: `undone-${assetId}` };
      await connection.commands.issue({
        ...{ ...key, integration, reason: "the vendor takes it, and nothing happens" },
        ...{ action: { kind: "heat.mode", mode: "reduced" }, status: "issued", attempts: 0 },
        ...{ issuedAt: now, notBefore: now, notAfter, checkAt: notAfter },
      });
      await connection.commands.transition(key, "sending", { attempts: 1 });
      await connection.commands.transition(key, "accepted", { acceptedAt: now });
    }
  });
}

/** Two verifiers come to one command by chance alone, and never while time stands still for the first. */
function rivals(): (call: AwsCall) => boolean {
  let writes = 0;
  return ({ caller, resource }) => {
    if (!/VerifierFunction/.test(caller) || !/TablesCommands/.test(resource)) return false;
    writes += 1;
    return writes % RIVALS_EACH === 0;
  };
}

/** More assets than one invocation plans, of which nobody reads anything, and a word that everybody is to be planned. */
async function growTooLarge({ connection, clock }: Night, inputs: NightInputs): Promise<void> {
  const like = assetsOf(inputs).find((asset) => asset.kind === "solar-site");
  const roofs = Array.from({ length: ROOFS }, (_, index) =>
    SolarSite.parse({
      ...like,
      assetId: `roof-${index}`,
      site: { siteId: `street-${Math.floor(index / STREET)}`, timeZone: REQUEST.zone },
    }),
  );
  await clock.during("enrolment", async () => {
    await mapLimited(roofs, 20, (roof) => connection.assets.put(roof));
    await connection.bus.publish([{ name: "ControlSwitched", detail: { isOn: false } }]);
  });
}
