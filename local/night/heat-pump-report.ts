import type { HeatPump } from "../../shared/domain/asset.ts";
import { type Bill, saved, total } from "./bill.ts";
import type { TrueSignals } from "./hindsight.ts";
import type { Night } from "./night.ts";
import type { Outcome } from "./outcome.ts";

/** A heat pump's night beside what the same pump, in the same house and weather, would have done uncommanded. */
export type HeatPumpReport = {
  assetId: string;
  integration: string;
  actual: Bill;
  leftAlone: Bill;
  /** Times when it left its owner's band because of us. */
  comfortBreaches: number;
};

export type HeatPumpTotals = {
  totals: { actual: Bill; leftAlone: Bill };
  /** Energy is not equal: heat stored at the night's end, or not yet made, is in neither. */
  savedAgainstLeftAlone: { costPercent: number; carbonPercent: number };
  comfortBreaches: number;
};

export function heatPumpReport(pump: HeatPump, night: Night, signals: TrueSignals, outcome: Outcome): HeatPumpReport {
  const { assetId, integration } = pump;
  return {
    assetId,
    integration,
    actual: signals.billWithin(outcome.intervals(assetId), night.startsAtMs, night.endsAtMs),
    leftAlone: signals.billWithin(outcome.leftAlone(assetId), night.startsAtMs, night.endsAtMs),
    comfortBreaches: outcome.comfortBreaches.filter((breach) => breach.assetId === assetId).length,
  };
}

export function heatPumpTotals(pumps: readonly HeatPumpReport[]): HeatPumpTotals {
  const totals = {
    actual: total(pumps.map((pump) => pump.actual)),
    leftAlone: total(pumps.map((pump) => pump.leftAlone)),
  };
  return {
    totals,
    savedAgainstLeftAlone: saved(totals.actual, totals.leftAlone),
    comfortBreaches: pumps.reduce((sum, pump) => sum + pump.comfortBreaches, 0),
  };
}
