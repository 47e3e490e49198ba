import { HOUR_MS, instant, MINUTE_MS } from "../../shared/domain/instant.ts";
import { round } from "../../shared/domain/units.ts";
import { type Bill, percent, saved, total } from "./bill.ts";
import { chargeNow, hindsight, type TrueSignals } from "./hindsight.ts";
import type { Outcome } from "./outcome.ts";
import { maxPowerKw, type NightStay } from "./stays.ts";

/** A car's night, or a charger's with the car that came to it. */
export type StayReport = {
  assetId: string;
  integration: string;
  arrivesAt: string;
  readyBy: string;
  neededKwh: number;
  deliveredKwh: number;
  couldBeReady: boolean;
  ready: boolean;
  actual: Bill;
  chargeNow: Bill;
  hindsight: Bill;
};

export type StayTotals = {
  totals: { actual: Bill; chargeNow: Bill; hindsight: Bill };
  savedAgainstChargeNow: { costPercent: number; carbonPercent: number };
  /** How much dearer than the best possible with hindsight, over the stays that got as much energy as that would give. */
  aboveHindsightPercent: number;
};

/** A car counts as ready with this much missing: less than a percent of a small battery. */
const READY_TOLERANCE_KWH = 0.1;
/** What any platform loses between deciding and power flowing. */
const START_UP_MS = 3 * MINUTE_MS;

export function stayReport(stay: NightStay, signals: TrueSignals, outcome: Outcome): StayReport {
  const { assetId, integration } = stay.asset;
  const actual = signals.billWithin(outcome.intervals(assetId), Number.NEGATIVE_INFINITY, stay.readyByMs);
  const isReady = actual.energyKwh >= stay.session.energyKwh - READY_TOLERANCE_KWH;
  return {
    assetId,
    integration,
    arrivesAt: instant(stay.session.arrivesAtMs),
    readyBy: instant(stay.readyByMs),
    neededKwh: round(stay.session.energyKwh, 3),
    deliveredKwh: round(actual.energyKwh, 3),
    couldBeReady: isReady || (outcome.couldBeReady(assetId) && !isThwarted(stay, signals, outcome)),
    ready: isReady,
    actual,
    chargeNow: chargeNow(stay, signals),
    hindsight: hindsight(stay, signals),
  };
}

/**
 * Something that only its owner can mend came between, such as a plug pulled early or a charger without power. When it came
 * all could still be charged, so that waiting was no mistake; when it was over, if ever, it was too late at full power.
 */
function isThwarted(stay: NightStay, signals: TrueSignals, { intervals, injections }: Outcome): boolean {
  const { asset, session, readyByMs } = stay;
  const mostKwh = (fromMs: number) => (maxPowerKw(stay) * Math.max(0, readyByMs - fromMs)) / HOUR_MS;
  return injections.some(({ assetId, faultClass, onlyIfAsked, fromMs, toMs }) => {
    if (assetId !== asset.assetId || faultClass !== "customer-must-act" || onlyIfAsked !== true) return false;
    if (fromMs <= session.arrivesAtMs) return false;
    const { energyKwh } = signals.billWithin(intervals(assetId), Number.NEGATIVE_INFINITY, fromMs);
    const missingKwh = session.energyKwh - energyKwh;
    return missingKwh <= mostKwh(fromMs) && missingKwh > mostKwh(toMs + START_UP_MS);
  });
}

export function stayTotals(stays: readonly StayReport[]): StayTotals {
  const totals = {
    actual: total(stays.map((stay) => stay.actual)),
    chargeNow: total(stays.map((stay) => stay.chargeNow)),
    hindsight: total(stays.map((stay) => stay.hindsight)),
  };
  const comparable = stays.filter((stay) => stay.actual.energyKwh >= stay.hindsight.energyKwh - READY_TOLERANCE_KWH);
  const cost = (which: "actual" | "hindsight") => total(comparable.map((stay) => stay[which])).costPence;
  return {
    totals,
    savedAgainstChargeNow: saved(totals.actual, totals.chargeNow),
    aboveHindsightPercent: percent(cost("actual") - cost("hindsight"), Math.abs(cost("hindsight"))),
  };
}
