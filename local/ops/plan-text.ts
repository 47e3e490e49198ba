import { type Asset, powerOfCurrent } from "../../shared/domain/asset.ts";
import type { Proof, Window, WindowReason } from "../../shared/domain/plan.ts";
import type { LocalClock } from "./local-time.ts";
import { wrapped } from "./printable.ts";
import { proofText } from "./proof-text.ts";
import type { Status } from "./status.ts";
import { strip } from "./strip.ts";

const REASONS: Record<WindowReason, string> = {
  cheapest: "cheapest",
  cleanest: "cleanest, worth more than the cheapest",
  "charge-now-minimum": "charge-now level, whatever the price",
  deadline: "no time to spare",
  "impossible-target": "target out of reach, full power",
  "no-signal": "no price known, early to be safe",
  surplus: "the site's own solar surplus",
  expensive: "dear now, resting until later",
  "shared-limit": "the cheaper hours are full, by a limit shared with others",
  event: "kept out of a cheaper hour by a grid event",
};

const NO_PLAN: Record<Asset["kind"], string> = {
  car: "none yet; one is made from the first reading with the car plugged in",
  charger: "none yet; one is made from the first reading with a car plugged in",
  "heat-pump": "none yet; one is made from the first reading",
  "solar-site": "none; what it gives is planned with, not commanded",
};

/** The plan: what for, a drawing of the hours ahead, its windows with reasons, what falls short, and its notes. */
export function planLines({ plan, asset, at }: Status, clock: LocalClock): string[] {
  if (!plan) return [`Plan: ${NO_PLAN[asset.kind]}`];
  const drawn = strip(plan, fullPowerKw(asset), at, clock);
  const ahead = plan.windows.filter((window) => window.endsAt > at);
  const past = plan.windows.length - ahead.length;
  return [
    ...wrapped(
      `Plan ${plan.version}: `,
      `${plan.energyNeededKwh.toFixed(1)} kWh by ${clock.dayTime(plan.readyBy)}${costs(plan)}`,
    ),
    `  made ${clock.dayTime(plan.madeAt)}${drawn.length === 0 ? "; its time is over" : ""}`,
    ...(drawn.length === 0 ? [] : [...drawn.map((line) => `  ${line}`), "  # full power  + less  . off  | ready by"]),
    ...(past > 0 ? [`  windows that have passed: ${past}`] : []),
    ...ahead.flatMap((window) => windowLines(window, clock)),
    ...(ahead.length === 0 && drawn.length > 0 ? ["  no window lies ahead"] : []),
    ...(plan.proof && ahead.length > 0 ? wrapped("  ", proofLine(plan.proof, asset)) : []),
    ...(plan.shortfallKwh > 0
      ? [`  SHORT by ${plan.shortfallKwh.toFixed(1)} kWh (${plan.shortfallPercent} %): not to be had in time`]
      : []),
    ...plan.notes.flatMap((note) => wrapped("  note: ", note)),
  ];
}

/** With a price on carbon, what is minimised is not the money alone. */
function proofLine(proof: Proof, asset: Status["asset"]): string {
  const weight = asset.kind === "solar-site" ? 0 : asset.preferences.carbonWeightPencePerKg;
  return `${proofText(proof)}${weight > 0 ? ", CO2 counted as money" : ""}`;
}

function fullPowerKw(asset: Status["asset"]): number {
  switch (asset.kind) {
    case "car":
    case "charger":
      return powerOfCurrent(asset.supply, asset.supply.maxCurrentA);
    case "heat-pump":
      return asset.ratedPowerKw;
    case "solar-site":
      return asset.peakPowerKw;
  }
}

function windowLines(window: Window, clock: LocalClock): string[] {
  const span = `${clock.dayTime(window.startsAt)}-${clock.time(window.endsAt)}`;
  const power = `${window.powerKw.toFixed(1)} kW`.padStart(8);
  const energy = `${window.energyKwh.toFixed(1)} kWh`.padStart(9);
  const mode = window.heatMode ? `${window.heatMode}: ` : "";
  const estimated = window.priceEstimated ? ", price estimated" : "";
  return wrapped(`  ${span} ${power} ${energy}  `, `${mode}${REASONS[window.reason]}${estimated}`);
}

function costs({ costPence, carbonGrams }: { costPence: number | null; carbonGrams: number | null }): string {
  const cost =
    costPence === null ? "cost unknown" : `${costPence < 0 ? "-" : ""}£${(Math.abs(costPence) / 100).toFixed(2)}`;
  const carbon = carbonGrams === null ? "CO2 unknown" : `${(carbonGrams / 1000).toFixed(1)} kg CO2`;
  return `, ${cost}, ${carbon}`;
}
