import { powerOfCurrent, type Supply } from "../../shared/domain/asset.ts";
import type { Instant } from "../../shared/domain/instant.ts";
import { REGIONS } from "../../shared/domain/region.ts";
import type { Tariff } from "../../shared/domain/tariff.ts";
import type { LocalClock } from "./local-time.ts";
import { field } from "./printable.ts";
import type { Status } from "./status.ts";

/** What it is, and what its owner wants of it. */
export function kindLines(asset: Status["asset"], at: Instant, clock: LocalClock): string[] {
  switch (asset.kind) {
    case "car": {
      const { targetSocPercent, readyBy, nextDepartureAt, chargeNowToPercent } = asset.preferences;
      const atOnce = chargeNowToPercent > 0 ? `, ${chargeNowToPercent} % at once` : "";
      return [
        ...field("battery", `${asset.battery.capacityKwh} kWh usable`),
        ...supplyLine(asset.supply),
        ...field("wants", `${targetSocPercent} % by ${readyBy} each day${atOnce}${carbon(asset.preferences)}`),
        ...departureLine(nextDepartureAt, at, clock),
      ];
    }
    case "charger": {
      const { sessionEnergyKwh, readyBy, nextDepartureAt } = asset.preferences;
      return [
        ...supplyLine(asset.supply),
        ...field("wants", `${sessionEnergyKwh} kWh by ${readyBy} in each session${carbon(asset.preferences)}`),
        ...departureLine(nextDepartureAt, at, clock),
      ];
    }
    case "heat-pump": {
      const { hotWaterMinC, hotWaterMaxC, indoorMinC, indoorMaxC } = asset.preferences;
      const indoors = band(indoorMinC, indoorMaxC);
      return [
        ...field("rated", `${asset.ratedPowerKw} kW`),
        ...field(
          "wants",
          `hot water ${band(hotWaterMinC, hotWaterMaxC)}${indoors && `, indoors ${indoors}`}${carbon(asset.preferences)}`,
        ),
      ];
    }
    case "solar-site":
      return field("peak", `${asset.peakPowerKw} kW installed`);
  }
}

/** What its site pays and where, when it is enrolled with more than the stage's default. */
export function paysLine({ tariff, region }: Pick<Status["asset"], "tariff" | "region">): string[] {
  const where = region && `region ${region}, ${REGIONS[region].name}`;
  const parts = [tariff ? tariffText(tariff) : where && "Agile", where].filter((part) => part !== undefined);
  return parts.length === 0 ? [] : field("pays", parts.join("; "));
}

function tariffText(tariff: Tariff): string {
  switch (tariff.kind) {
    case "agile":
      return "Agile";
    case "flat":
      return `${tariff.pencePerKwh} p per kWh`;
    case "time-of-use": {
      const rates = tariff.rates.map(({ from, to, pencePerKwh }) => `${pencePerKwh} p from ${from} to ${to}`);
      return `${rates.join(", ")}, else ${tariff.otherwisePencePerKwh} p per kWh`;
    }
  }
}

function supplyLine(supply: Supply): string[] {
  const { maxCurrentA, voltageV, phases } = supply;
  const kw = powerOfCurrent(supply, maxCurrentA).toFixed(1);
  return field("supply", `${kw} kW (${maxCurrentA} A at ${voltageV} V, phases: ${phases})`);
}

function carbon({ carbonWeightPencePerKg: pence }: { carbonWeightPencePerKg: number }): string {
  return pence > 0 ? `, a kilogram of CO2 counts ${pence} p` : "";
}

/** `45 to 60 °C`; empty when neither end is set. */
function band(minC: number | undefined, maxC: number | undefined): string {
  if (minC !== undefined && maxC !== undefined) return `${minC} to ${maxC} °C`;
  if (minC !== undefined) return `from ${minC} °C`;
  return maxC === undefined ? "" : `up to ${maxC} °C`;
}

function departureLine(departure: Instant | undefined, at: Instant, clock: LocalClock): string[] {
  return departure && departure > at ? field("", `next time by ${clock.dayTime(departure)} instead`) : [];
}
