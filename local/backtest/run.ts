import { believer, type Told } from "./belief.ts";
import { type Forecast, hindsightForecast } from "./forecast.ts";
import type { BacktestInputs } from "./inputs.ts";
import { laterArrivals } from "./later-arrivals.ts";
import { chargeNow, cheapest, leastLaxityFirst } from "./policies.ts";
import { type Execution, rollingAlone, rollingUnderCap } from "./rolling.ts";
import { type Score, score } from "./score.ts";
import { type CarRun, simulate } from "./simulate.ts";

export const POLICIES = ["now", "llf", "cheapest", "rolling"] as const;
export type Policy = (typeof POLICIES)[number];

export type Choices = {
  policy: Policy;
  /** Of the whole site; Infinity without one. */
  capKw: number;
  /** Whether planners go by what drivers said, or know when cars leave and what they need. */
  drivers: Told;
  /** What a kWh that is not delivered is worth, in kWh at the baseline's mean. */
  missedTimes: number;
  execution: Execution;
  onProgress?: (what: string, share: number) => void;
};

/** Why a policy costs more than perfect foresight; `value` in the units of the objective, null where the data cannot tell. */
export type RegretPart = { cause: "arrival" | "departure" | "need" | "signal" | "execution"; value: number | null };

export type Backtest = {
  policy: Policy;
  /** Under a cap the yardstick is least laxity first, else charging at plug-in. */
  baseline: "now" | "llf";
  scores: Record<"now" | "cheapest", Score> & Partial<Record<"llf" | "rolling", Score>>;
  /** What foresight saves against the baseline, in the units of the objective. */
  possible: number;
  /** What the policy saved of what foresight saves, with energy not delivered bought at the baseline's mean; null when there is nothing to save. */
  shareOfSaving: number | null;
  regret: { value: number; parts: RegretPart[] };
  runs: Record<string, CarRun[]>;
};

type Knows = { departure: Told; need: Told; forecast: Forecast; execution: Execution };

/** Plays the policy and those it is measured by. */
export function backtest(inputs: BacktestInputs, choices: Choices): Backtest {
  const { grid, stays, zone } = inputs;
  const { policy, capKw, drivers, execution, onProgress } = choices;
  const hasCap = Number.isFinite(capKw);
  const play = (what: string, decide: Parameters<typeof simulate>[3]): CarRun[] => {
    let done = 0;
    onProgress?.(what, 0);
    const runs = simulate(grid, stays, capKw, decide, () => onProgress?.(what, ++done / stays.length));
    onProgress?.(what, 1);
    return runs;
  };
  const truth: Knows = { departure: "true", need: "true", forecast: hindsightForecast(grid), execution: "any power" };
  const told: Knows = { departure: drivers, need: drivers, forecast: inputs.forecast, execution };
  const roll = (what: string, { departure, need, forecast, execution }: Knows) => {
    const believe = believer(grid, stays, { departure, need });
    const later = laterArrivals(grid, stays, zone);
    const missedValue = choices.missedTimes * Math.abs(basePerKwh);
    return play(
      what,
      hasCap
        ? rollingUnderCap(grid, capKw, believe, forecast, missedValue, later, execution)
        : rollingAlone(grid, believe, forecast, missedValue, execution),
    );
  };
  const scored = (runs: CarRun[]) => score(grid, runs, zone);

  const runs: Record<string, CarRun[]> = { now: play("charging at plug-in", chargeNow(grid)) };
  onProgress?.("perfect foresight", 0);
  runs.cheapest = cheapest(grid, stays, capKw);
  onProgress?.("perfect foresight", 1);
  if (hasCap || policy === "llf")
    runs.llf = play("least laxity first", leastLaxityFirst(grid, believer(grid, stays, told)));

  const best = scored(runs.cheapest);
  const now = scored(runs.now as CarRun[]);
  const llf = runs.llf && scored(runs.llf);
  const baseline = llf && hasCap ? llf : now;
  const basePerKwh = baseline.value / baseline.deliveredKwh;
  /** Energy that foresight delivers and this does not is bought at the baseline's mean. */
  const madeGood = ({ value, deliveredKwh }: Score) => value + (best.deliveredKwh - deliveredKwh) * basePerKwh;

  let parts: RegretPart[] = [];
  let rolling: Score | undefined;
  if (policy === "rolling") {
    const says = drivers === "stated" && stays.some((stay) => stay.stated !== undefined);
    const stages: { cause: RegretPart["cause"]; knows: Knows; tells: boolean }[] = [
      { cause: "arrival", knows: truth, tells: true },
      { cause: "departure", knows: { ...truth, departure: "stated" }, tells: says },
      { cause: "need", knows: { ...truth, departure: "stated", need: "stated" }, tells: says },
      { cause: "signal", knows: { ...told, execution: "any power" }, tells: inputs.signalIsForecast },
      { cause: "execution", knows: told, tells: execution === "real" },
    ];
    let before = madeGood(best);
    parts = stages.map(({ cause, knows, tells }) => {
      if (!tells) return { cause, value: null };
      runs.rolling = roll(`rolling, ${cause} as it was`, knows);
      rolling = scored(runs.rolling);
      const after = madeGood(rolling);
      const value = after - before;
      before = after;
      return { cause, value };
    });
  }
  const scores = { now, cheapest: best, ...(llf ? { llf } : {}), ...(rolling ? { rolling } : {}) };
  const chosen = scores[policy] ?? best;
  const regret = madeGood(chosen) - madeGood(best);
  const possible = madeGood(baseline) - madeGood(best);
  return {
    policy,
    baseline: llf && hasCap ? "llf" : "now",
    scores,
    possible,
    shareOfSaving: possible > 1e-6 ? 1 - regret / possible : null,
    regret: { value: regret, parts },
    runs,
  };
}
