import { type Instant, instant } from "../../../shared/domain/instant.ts";
import type { ChargeState } from "../../../shared/domain/reading.ts";
import { numberWithin, oddity } from "../../../shared/integration/odd.ts";
import type { TeslaChargeState } from "./api.ts";
import { chargeState, flag, pluggedIn } from "./words.ts";

/** What a car told at one look, value by value. Null is not told, or not understood. */
export type Snapshot = {
  measuredAt: Instant;
  state: ChargeState | null;
  plugged: boolean | null;
  socPercent: number | null;
  storedKwh: number | null;
  chargeLimitPercent: number | null;
  currentLimitA: number | null;
  drawnA: number | null;
  volts: number | null;
  phases: number | null;
  /** Whole kW, of direct current too. */
  wholeKw: number | null;
  isDirectCurrent: boolean | null;
  ownScheduleActive: boolean | null;
  /** What was said and could not be read. */
  odd: readonly string[];
};

/** Judges each value alone: one that is odd is unknown, and loses no other. */
export function snapshotOf(data: TeslaChargeState): Snapshot {
  const odd: string[] = [];
  const read = <T>(field: keyof TeslaChargeState, parse: (raw: unknown) => T | undefined): T | null => {
    const raw = data[field];
    if (raw === null || raw === undefined) return null;
    const value = parse(raw);
    if (value === undefined) odd.push(oddity(field, raw));
    return value ?? null;
  };
  // What can be true of a car: a figure beyond is none.
  const number = (field: keyof TeslaChargeState, least: number, most: number) =>
    read(field, (raw) => numberWithin(least, most, raw));
  const charging = read("charging_state", toCharging);
  return {
    measuredAt: instant(data.timestamp),
    state: charging?.state ?? null,
    plugged: charging?.plugged ?? null,
    socPercent: number("battery_level", 0, 100),
    storedKwh: number("energy_remaining", 0, 1000),
    chargeLimitPercent: number("charge_limit_soc", 0, 100),
    currentLimitA: number("charge_current_request", 0, 200),
    drawnA: number("charger_actual_current", -200, 200),
    volts: number("charger_voltage", -1000, 1000),
    phases: read("charger_phases", (raw) => [0, 1, 2, 3].find((phases) => phases === numberWithin(0, 3, raw))),
    wholeKw: number("charger_power", -1000, 1000),
    isDirectCurrent: read("fast_charger_present", flag),
    ownScheduleActive: read("scheduled_charging_pending", flag),
    odd,
  };
}

function toCharging(raw: unknown): Pick<Snapshot, "state" | "plugged"> | undefined {
  const state = typeof raw === "string" ? chargeState(raw) : undefined;
  return typeof raw !== "string" || state === undefined ? undefined : { state, plugged: pluggedIn(raw, state) };
}
