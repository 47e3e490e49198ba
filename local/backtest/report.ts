import { HOUR_MS, instant } from "../../shared/domain/instant.ts";
import { round } from "../../shared/domain/units.ts";
import { timeOf } from "./grid.ts";
import type { BacktestInputs } from "./inputs.ts";
import type { Backtest, Choices, RegretPart } from "./run.ts";
import type { Score } from "./score.ts";

export type ReportRow = {
  policy: string;
  deliveredKwh: number;
  deliveredPercent: number;
  costPence: number | null;
  carbonGrams: number | null;
  /** Of the objective: pence or grams per kWh delivered. */
  perKwh: number;
  /** Of what perfect foresight saves against the baseline; null where there is nothing to save. */
  savedPercent: number | null;
  lateCars: number;
  commandsPerCarDay: number;
  peakKw: number;
};

export type BacktestReport = {
  cars: number;
  neededKwh: number;
  from: string;
  to: string;
  unit: "pence" | "grams";
  capKw: number | null;
  policy: string;
  baseline: string;
  stepMinutes: number;
  drivers: "stated" | "known";
  execution: string;
  notes: string[];
  rows: ReportRow[];
  /** Above perfect foresight, in `unit`, with energy that it delivers and the policy does not bought at the baseline's mean. */
  regret: { total: number; percentOfForesight: number; parts: (RegretPart & { why?: string })[] };
  zone: string;
  /** Mean power of the site by local hour of the day, kW, for each policy. */
  meanDayKw: Record<string, number[]>;
};

const UNTOLD: Record<RegretPart["cause"], string> = {
  arrival: "",
  departure: "no driver's word goes into this run: taken as known",
  need: "no driver's word goes into this run: taken as known",
  signal: "the file has no forecasts: taken as known",
  execution: "any power; see --execution real",
};

/** Everything that is printed, drawn and stored of a backtest, without a clock. */
export function reportOf(inputs: BacktestInputs, choices: Choices, result: Backtest): BacktestReport {
  const { grid, stays } = inputs;
  const best = result.scores.cheapest;
  const base = result.scores[result.baseline] ?? result.scores.now;
  const savings = savingOf(best, base);
  const rows = (["now", "llf", "rolling", "cheapest"] as const).flatMap((policy) => {
    const score = result.scores[policy];
    return score ? [rowOf(policy, score, savings > 1e-6 ? savingOf(score, base) / savings : null)] : [];
  });
  return {
    cars: stays.length,
    neededKwh: round(best.neededKwh, 3),
    from: instant(Math.min(...stays.map((stay) => stay.arrivesAtMs))),
    to: instant(Math.max(...stays.map((stay) => stay.departsAtMs))),
    unit: grid.price ? "pence" : "grams",
    capKw: Number.isFinite(choices.capKw) ? choices.capKw : null,
    policy: result.policy,
    baseline: result.baseline,
    stepMinutes: grid.stepMs / 60_000,
    drivers: choices.drivers === "stated" ? "stated" : "known",
    execution: choices.execution,
    notes: inputs.notes,
    zone: inputs.zone,
    rows,
    regret: {
      total: round(result.regret.value, 3),
      percentOfForesight: round((100 * result.regret.value) / Math.abs(best.value), 2),
      parts: result.regret.parts.map(({ cause, value }) =>
        value === null ? { cause, value, why: UNTOLD[cause] } : { cause, value: round(value, 3) },
      ),
    },
    meanDayKw: Object.fromEntries(Object.keys(result.runs).map((policy) => [policy, meanDay(inputs, result, policy)])),
  };
}

/** What is saved on the energy delivered, against having bought it at the baseline's mean. */
function savingOf(score: Score, base: Score): number {
  return score.deliveredKwh * (base.value / base.deliveredKwh) - score.value;
}

function rowOf(policy: string, score: Score, saved: number | null): ReportRow {
  return {
    policy,
    deliveredKwh: round(score.deliveredKwh, 3),
    deliveredPercent: round((100 * score.deliveredKwh) / score.neededKwh, 2),
    costPence: score.costPence === null ? null : round(score.costPence, 3),
    carbonGrams: score.carbonGrams === null ? null : round(score.carbonGrams, 3),
    perKwh: round(score.value / score.deliveredKwh, 3),
    savedPercent: saved === null ? null : round(100 * saved, 1),
    lateCars: score.lateCars,
    commandsPerCarDay: round(score.commands / score.carDays, 2),
    peakKw: round(score.peakKw, 1),
  };
}

function meanDay({ grid, zone }: BacktestInputs, { runs }: Backtest, policy: string): number[] {
  const format = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", hourCycle: "h23", timeZone: zone });
  const hours = new Map<number, number>();
  const localHour = (hourMs: number) => {
    const found = hours.get(hourMs) ?? Number(format.format(hourMs));
    hours.set(hourMs, found);
    return found;
  };
  const kwh = new Float64Array(24);
  let [firstMs, lastMs] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const run of runs[policy] ?? []) {
    for (const [index, energy] of run.energyKwh.entries()) {
      const ms = timeOf(grid, run.from + index);
      [firstMs, lastMs] = [Math.min(firstMs, ms), Math.max(lastMs, ms)];
      const hour = localHour(Math.floor(ms / HOUR_MS) * HOUR_MS);
      kwh[hour] = (kwh[hour] as number) + energy;
    }
  }
  const days = Math.max(1, Math.ceil((lastMs - firstMs) / (24 * HOUR_MS)));
  return [...kwh].map((energy) => round(energy / days, 3));
}
