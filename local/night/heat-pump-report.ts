import type { HeatPump } from "../../shared/domain/asset.ts";
import { HOUR_MS } from "../../shared/domain/instant.ts";
import { type Bill, less, saved, total } from "./bill.ts";
import type { TrueSignals } from "./hindsight.ts";
import type { Night } from "./night.ts";
import type { Outcome } from "./outcome.ts";

/** A heat pump's night beside what the same pump, in the same house and weather, would have done uncommanded. */
export type HeatPumpReport = {
  assetId: string;
  integration: string;
  actual: Bill;
  leftAlone: Bill;
  /** The electricity by which more heat is in tank and rooms at the night's end than left alone; less is negative. */
  storedMoreKwh: number;
  /** `actual`, with that heat counted at the night's mean price and carbon: what is compared. */
  compared: Bill;
  /** Times when it left its owner's band because of us. */
  comfortBreaches: number;
};

export type HeatPumpTotals = {
  totals: { actual: Bill; leftAlone: Bill; compared: Bill };
  storedMoreKwh: number;
  /** Of equal heat: what is stored more, or still to be made, counts at the night's mean price. */
  savedAgainstLeftAlone: { costPercent: number; carbonPercent: number };
  comfortBreaches: number;
};

export function heatPumpReport(pump: HeatPump, night: Night, signals: TrueSignals, outcome: Outcome): HeatPumpReport {
  const { assetId, integration } = pump;
  const { startsAtMs, endsAtMs } = night;
  const alone = outcome.leftAlone(assetId);
  const actual = signals.billWithin(outcome.intervals(assetId), startsAtMs, endsAtMs);
  const storedMoreKwh = outcome.storedKwh(assetId) - (alone?.storedKwh ?? 0);
  // Constant power over the whole night costs its mean.
  const powerKw = (storedMoreKwh * HOUR_MS) / (endsAtMs - startsAtMs);
  const stored = signals.bill([{ startsAtMs, endsAtMs, powerKw }]);
  return {
    assetId,
    integration,
    actual,
    leftAlone: signals.billWithin(alone?.intervals ?? [], startsAtMs, endsAtMs),
    storedMoreKwh,
    compared: less(actual, stored),
    comfortBreaches: outcome.comfortBreaches.filter((breach) => breach.assetId === assetId).length,
  };
}

export function heatPumpTotals(pumps: readonly HeatPumpReport[]): HeatPumpTotals {
  const totals = {
    actual: total(pumps.map((pump) => pump.actual)),
    leftAlone: total(pumps.map((pump) => pump.leftAlone)),
    compared: total(pumps.map((pump) => pump.compared)),
  };
  return {
    totals,
    storedMoreKwh: pumps.reduce((sum, pump) => sum + pump.storedMoreKwh, 0),
    savedAgainstLeftAlone: saved(totals.compared, totals.leftAlone),
    comfortBreaches: pumps.reduce((sum, pump) => sum + pump.comfortBreaches, 0),
  };
}
