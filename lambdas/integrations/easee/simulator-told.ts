import { OBSERVATIONS } from "./api.ts";
import type { Charger } from "./simulator-charger.ts";

const MINUTE_MS = 60_000;
const PULSE_MS = 5 * MINUTE_MS;
/** Double, integer, boolean: the stream's numbers for types. */
const TYPE = { double: 3, integer: 4, boolean: 2 };

/** How a call's fault bends what is told. */
export type Bend = "zero-session" | "stale-mode" | undefined;

function values(charger: Charger, atMs: number, bend: Bend) {
  const spokeAtMs = charger.spokeAtMs(atMs);
  const mode = charger.opMode.told(atMs, spokeAtMs);
  const power = charger.powerKw.told(atMs, spokeAtMs);
  // While power flows it is sampled every minute, and whenever it changes.
  const minuteMs = Math.floor(spokeAtMs / MINUTE_MS) * MINUTE_MS;
  const sampledAtMs = power.value > 0 ? Math.max(power.atMs, minuteMs) : power.atMs;
  return {
    online: charger.isOnline(atMs),
    mode: bend === "stale-mode" && mode.value === 3 ? { ...mode, value: 2 } : mode,
    dynamicA: charger.dynamicA.told(atMs, spokeAtMs),
    reason: charger.reason.told(atMs, spokeAtMs),
    power: { value: power.value, atMs: sampledAtMs },
    session: { value: bend === "zero-session" ? 0 : charger.sessionKwhAt(sampledAtMs), atMs: sampledAtMs },
    currentA: { value: (power.value * 1000) / charger.spec.voltageV / charger.spec.phases, atMs: sampledAtMs },
    spokeAtMs,
  };
}

/** The chosen observations, each value as text with its own time. */
export function toldObservations(charger: Charger, ids: readonly number[], atMs: number, bend: Bend) {
  const known = values(charger, atMs, bend);
  const connectedAtMs = known.online ? Math.floor(atMs / PULSE_MS) * PULSE_MS : known.spokeAtMs;
  const all: [number, number, { value: number | boolean; atMs: number }][] = [
    [OBSERVATIONS.dynamicChargerCurrent, TYPE.double, known.dynamicA],
    [OBSERVATIONS.reasonForNoCurrent, TYPE.integer, known.reason],
    [OBSERVATIONS.chargerOpMode, TYPE.integer, known.mode],
    [OBSERVATIONS.totalPower, TYPE.double, known.power],
    [OBSERVATIONS.sessionEnergy, TYPE.double, known.session],
    [OBSERVATIONS.inCurrentT3, TYPE.double, known.currentA],
    // A connection's time is when it was made, which is long ago.
    [OBSERVATIONS.connectedToCloud, TYPE.boolean, { value: known.online, atMs: known.online ? 0 : connectedAtMs }],
  ];
  return all
    .filter(([id]) => ids.includes(id))
    .map(([id, dataType, { value, atMs: at }]) => ({
      id,
      timestamp: instantText(at),
      dataType,
      value: typeof value === "boolean" ? (value ? "True" : "False") : String(value),
    }));
}

/** Everything flat, without times but that of the heartbeat. */
export function toldState(charger: Charger, atMs: number, bend: Bend) {
  const known = values(charger, atMs, bend);
  const pulseMs = Math.min(known.spokeAtMs, Math.floor(atMs / PULSE_MS) * PULSE_MS);
  return {
    smartCharging: false,
    cableLocked: charger.plugged,
    chargerOpMode: known.mode.value,
    totalPower: known.power.value,
    sessionEnergy: known.session.value,
    energyPerHour: 0,
    wiFiRSSI: -71,
    outputPhase: known.power.value > 0 ? (charger.spec.phases === 3 ? 30 : 10) : 0,
    latestPulse: instantText(pulseMs),
    chargerFirmware: 330,
    isOnline: known.online,
    inCurrentT3: known.currentA.value,
    dynamicChargerCurrent: known.dynamicA.value,
    reasonForNoCurrent: known.reason.value,
  };
}

function instantText(ms: number): string {
  return new Date(ms).toISOString();
}
