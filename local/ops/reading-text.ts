import type { Asset } from "../../shared/domain/asset.ts";
import type { ChargeReading, HeatReading, ProductionReading, Reading } from "../../shared/domain/reading.ts";
import type { LocalClock } from "./local-time.ts";
import { field } from "./printable.ts";

/** What a device told, in the words of its stream: unknown is said, never shown as 0. */
export function streamLines(reading: Reading, kind: Asset["kind"], clock: LocalClock): string[] {
  switch (reading.stream) {
    case "charge":
      return chargeLines(reading, kind);
    case "heat":
      return heatLines(reading);
    case "production":
      return productionLines(reading, clock);
  }
}

function chargeLines(reading: ChargeReading, kind: Asset["kind"]): string[] {
  const { socPercent, storedKwh, sessionKwh } = reading;
  const plug = reading.plugged === null ? "plug unknown" : reading.plugged ? "plugged in" : "not plugged in";
  const stored = storedKwh === null ? "" : ` (${storedKwh.toFixed(1)} kWh)`;
  // A charger does not know a battery, nor a car how much went through the charger: what they cannot know is not missed.
  const battery =
    kind === "charger" && socPercent === null ? [] : [`${measured(socPercent, "%", "charge unknown", 0)}${stored}`];
  const session =
    kind !== "charger" && sessionKwh === null
      ? []
      : [measured(sessionKwh, "kWh this session", "session energy unknown")];
  const state = [
    reading.state ?? "state unknown",
    ...(reading.state === "disconnected" ? [] : [plug]),
    measured(reading.powerKw, "kW", "power unknown"),
    ...battery,
    ...session,
  ];
  const held = [
    ...(reading.chargeLimitPercent === null ? [] : [`the car's own limit is ${reading.chargeLimitPercent} %`]),
    ...(reading.ownScheduleActive ? ["the owner's own schedule is active"] : []),
  ];
  return [...field("state", state.join(", ")), ...moreOf(held)];
}

function heatLines(reading: HeatReading): string[] {
  const { mode, compressorOn, powerKw } = reading;
  const compressor = compressorOn === null ? "compressor unknown" : `compressor ${compressorOn ? "on" : "off"}`;
  const estimated = reading.powerEstimated && powerKw !== null ? " (estimated)" : "";
  const state = [
    mode === null ? "mode unknown" : `mode ${mode}`,
    compressor,
    `${measured(powerKw, "kW", "power unknown")}${estimated}`,
  ];
  // Not every house has the other sensors.
  const temperatures = [
    `hot water ${measured(reading.hotWaterC, "°C", "unknown")}`,
    ...(reading.indoorC === null ? [] : [`indoors ${reading.indoorC.toFixed(1)} °C`]),
    ...(reading.outdoorC === null ? [] : [`outdoors ${reading.outdoorC.toFixed(1)} °C`]),
  ];
  return [...field("state", state.join(", ")), ...moreOf(temperatures)];
}

function productionLines(reading: ProductionReading, clock: LocalClock): string[] {
  const { producedFrom, gridKw, consumptionKw } = reading;
  const since = reading.producedKwh === null || producedFrom === null ? "" : ` since ${clock.dayTime(producedFrom)}`;
  const state = [
    measured(reading.productionKw, "kW from the panels", "production unknown"),
    `${measured(reading.producedKwh, "kWh", "energy unknown")}${since}`,
  ];
  const meter = [
    ...(gridKw === null ? [] : [`${Math.abs(gridKw).toFixed(1)} kW ${gridKw < 0 ? "to" : "from"} the grid`]),
    ...(consumptionKw === null ? [] : [`${consumptionKw.toFixed(1)} kW used on site`]),
  ];
  return [...field("state", state.join(", ")), ...moreOf(meter)];
}

function moreOf(facts: readonly string[]): string[] {
  return facts.length > 0 ? field("", facts.join(", ")) : [];
}

function measured(value: number | null, unit: string, unknown: string, digits = 1): string {
  return value === null ? unknown : `${value.toFixed(digits)} ${unit}`;
}
