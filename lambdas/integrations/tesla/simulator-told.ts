import { draw } from "../../../shared/integration/simulation-random.ts";
import type { Car } from "./simulator-car.ts";
import { localMinutes, utcOffsetMinutes } from "./simulator-local-time.ts";
import { departureOf } from "./simulator-own-schedule.ts";
import type { Phase } from "./simulator-spec.ts";

const MILES_PER_KWH = 3.6;
const HUNDREDTHS = 100;

/** Tesla's word for what a car does. */
export const CHARGING_STATE: Record<Phase, string> = {
  disconnected: "Disconnected",
  stopped: "Stopped",
  starting: "Starting",
  charging: "Charging",
  complete: "Complete",
  "no-power": "NoPower",
};

/** Written as a bare number by `toJson`: JSON text holds what a JavaScript number cannot. */
const BIG = "\u0001big:";

/** JSON with integers beyond 2^53 in full, as Tesla sends its ids. */
export function toJson(value: unknown): string {
  const text = JSON.stringify(value, (_key, inner: unknown) => (typeof inner === "bigint" ? `${BIG}${inner}` : inner));
  return text.replace(/"\\u0001big:(\d+)"/g, "$1");
}

/** `online`, or how this car's sleep is told: since car software 2024.20 often as `offline`. */
export function toldState(car: Car, nowMs: number, seed: number): string {
  return car.connectivity(nowMs) === "online" ? "online" : unreachableState(car, seed);
}

export function unreachableState(car: Car, seed: number): string {
  return draw(seed, car.spec.vin, "told offline") < 0.6 ? "offline" : "asleep";
}

/** A vehicle as in the list. */
export function toldVehicle(car: Car, state: string): Record<string, unknown> {
  const { vin } = car.spec;
  const vehicleId = 1_000_000_000 + Math.floor(draw(0, vin, "vehicle id") * 1e9);
  return {
    id: car.id,
    vehicle_id: vehicleId,
    vin,
    color: null,
    access_type: "OWNER",
    display_name: `Car ${vin.slice(-4)}`,
    option_codes: null,
    granular_access: { hide_private: false },
    tokens: null,
    state,
    in_service: false,
    id_s: String(car.id),
    calendar_enabled: true,
    api_version: 85,
    backseat_token: null,
    backseat_token_updated_at: null,
    ble_autopair_enrolled: false,
    command_signing: "required",
  };
}

export function toldVehicleConfig(car: Car, nowMs: number): Record<string, unknown> {
  return {
    can_accept_navigation_requests: true,
    can_actuate_trunks: true,
    car_special_type: "base",
    car_type: "model3",
    charge_port_type: "CCS",
    ece_restrictions: true,
    efficiency_package: "M32021",
    eu_vehicle: true,
    exterior_color: "SolidBlack",
    key_version: 2,
    motorized_charge_port: true,
    plg: true,
    rhd: true,
    timestamp: nowMs,
    trim_badging: "74d",
    use_range_badging: true,
    utc_offset: utcOffsetMinutes(nowMs, car.spec.timeZone) * 60,
    wheel_type: "Pinwheel18",
  };
}

/** `charge_state` as the cloud tells it. Words lag behind a command; energy and the percentages are the car's own now. */
export function toldChargeState(car: Car, nowMs: number, seed: number): Record<string, unknown> {
  const { spec } = car;
  const words = car.words(nowMs);
  const storedKwh = car.storedKwh(nowMs);
  const addedKwh = car.addedKwh(nowMs);
  const soc = (storedKwh / spec.batteryCapacityKwh) * 100;
  const level = Math.floor(soc + 1e-9);
  const coldPack = draw(seed, spec.vin, "cold pack") < 0.3 ? 1 : 0;
  const plugged = words.phase !== "disconnected";
  const charging = words.phase === "charging";
  const powerKw = charging ? (spec.voltageV * words.currentA * spec.phases) / 1000 : 0;
  const missingKwh = Math.max(0, (spec.batteryCapacityKwh * words.limitPercent) / 100 - storedKwh);
  const hoursToFull = powerKw > 0 ? missingKwh / (powerKw * spec.chargeEfficiency) : 0;
  const noise = draw(seed, spec.vin, "volts", Math.floor(nowMs / 60_000));
  const lag = Math.floor(200 + 800 * draw(seed, spec.vin, "report"));
  const rangeMiles = hundredths(storedKwh * MILES_PER_KWH);
  const blank = car.sleep.isBlank(nowMs);
  return {
    battery_heater_on: false,
    battery_level: level,
    battery_range: rangeMiles,
    charge_amps: words.requestedA,
    charge_current_request: words.requestedA,
    charge_current_request_max: spec.maxCurrentA,
    charge_enable_request: words.phase !== "stopped",
    charge_energy_added: hundredths(addedKwh),
    charge_limit_soc: words.limitPercent,
    charge_limit_soc_max: 100,
    charge_limit_soc_min: 50,
    charge_limit_soc_std: 80,
    charge_miles_added_ideal: hundredths(addedKwh * MILES_PER_KWH),
    charge_miles_added_rated: hundredths(addedKwh * MILES_PER_KWH),
    charge_port_cold_weather_mode: false,
    charge_port_color: charging ? "FlashingGreen" : "<invalid>",
    charge_port_door_open: plugged,
    charge_port_latch: blank ? "<invalid>" : plugged ? "Engaged" : "Disengaged",
    charge_rate: Math.round(powerKw * spec.chargeEfficiency * MILES_PER_KWH * 10) / 10,
    charger_actual_current: blank ? null : words.currentA,
    // Three-phase supplies are told as 2.
    charger_phases: blank || !charging ? null : spec.phases === 3 ? 2 : 1,
    charger_pilot_current: blank ? null : plugged && words.phase !== "no-power" ? spec.maxCurrentA : 0,
    charger_power: blank ? null : Math.floor(powerKw),
    charger_voltage: blank ? null : charging ? Math.round(spec.voltageV + 2 * noise - 1) : noise < 0.5 ? 1 : 2,
    charging_state: blank ? null : CHARGING_STATE[words.phase],
    conn_charge_cable: plugged && !blank ? "IEC" : "<invalid>",
    est_battery_range: hundredths(rangeMiles * 0.94),
    fast_charger_brand: "<invalid>",
    fast_charger_present: false,
    fast_charger_type: plugged ? "ACSingleWireCAN" : "<invalid>",
    ideal_battery_range: rangeMiles,
    max_range_charge_counter: 0,
    minutes_to_full_charge: blank ? null : Math.round(hoursToFull * 60),
    not_enough_power_to_heat: null,
    ...toldSchedule(car, nowMs),
    supercharger_session_trip_planner: false,
    time_to_full_charge: blank ? null : hundredths(hoursToFull),
    timestamp: nowMs - lag + (spec.clockSkewMs ?? 0),
    trip_charging: false,
    usable_battery_level: Math.max(0, level - coldPack),
    user_charge_enable_request: null,
    module_temp_min: 16.5,
    module_temp_max: 18,
    energy_remaining: blank ? null : hundredths(storedKwh),
    lifetime_energy_used: 20505.629,
    charging_schedule_override: false,
  };
}

function toldSchedule(car: Car, nowMs: number): Record<string, unknown> {
  const { timeZone, sessions } = car.spec;
  const { schedule, ownStartMs } = car.words(nowMs);
  const departsAt = car.session === undefined ? undefined : sessions[car.session]?.departsAt;
  const departureMs =
    schedule.mode === "DepartBy" && departsAt !== undefined
      ? departureOf(schedule, { atMs: nowMs, timeZone, departsAtMs: departsAt })
      : undefined;
  return {
    off_peak_charging_enabled: false,
    off_peak_charging_times: "all_week",
    off_peak_hours_end_time: 360,
    preconditioning_enabled: false,
    preconditioning_times: "all_week",
    scheduled_charging_mode: schedule.mode,
    scheduled_charging_pending: ownStartMs !== undefined,
    scheduled_charging_start_time: ownStartMs === undefined ? null : Math.floor(ownStartMs / 1000),
    scheduled_charging_start_time_app: schedule.mode === "StartAt" ? schedule.minutesAfterLocalMidnight : 0,
    scheduled_departure_time: departureMs === undefined ? null : Math.floor(departureMs / 1000),
    scheduled_departure_time_minutes: departureMs === undefined ? null : localMinutes(departureMs, timeZone),
  };
}

function hundredths(value: number): number {
  return Math.round(value * HUNDREDTHS) / HUNDREDTHS;
}
