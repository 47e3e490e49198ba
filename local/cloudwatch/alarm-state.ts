import type { Points } from "./metric-store.ts";

export type State = "OK" | "ALARM" | "INSUFFICIENT_DATA";
export type Missing = "breaching" | "notBreaching" | "ignore" | "missing";

export type Rule = {
  evaluationPeriods: number;
  datapointsToAlarm: number;
  breaches: (value: number) => boolean;
  missing: Missing;
};

/** `filled`: periods without data that were counted as the setting says. */
export type Judgement = { state: State; evaluated: number[]; breaching: number; filled: number };

/** CloudWatch looks at more periods than an alarm names. Its guide's tables show five for three, and reports three days for one. */
export const EXTRA_PERIODS = 2;

/**
 * The state of an alarm whose evaluation range holds these points, oldest first, by "Configuring how CloudWatch alarms
 * treat missing data" (alarms-and-missing-data): the most recent points that exist are judged, as many as the alarm has
 * periods, and only what is lacking is filled in. Where missing data stays missing, points that all breach make the
 * alarm ring only once the oldest of them is `datapointsToAlarm` periods old ("premature transitions").
 */
export function judge(points: Points, rule: Rule, current: State): Judgement {
  const { evaluationPeriods, datapointsToAlarm, breaches, missing } = rule;
  const evaluated = points.filter((point) => point !== undefined).slice(-evaluationPeriods);
  const breaching = evaluated.filter(breaches).length;
  const filled = evaluationPeriods - evaluated.length;
  const counted = { evaluated, breaching, filled };
  const rings = (count: number): State => (count >= datapointsToAlarm ? "ALARM" : "OK");
  if (filled === 0 || missing === "notBreaching") return { ...counted, state: rings(breaching) };
  if (missing === "breaching") return { ...counted, state: rings(breaching + filled) };
  if (breaching >= datapointsToAlarm || breaching < evaluated.length) return { ...counted, state: rings(breaching) };
  if (missing === "ignore") return { ...counted, state: current };
  const oldest = points.findIndex((point) => point !== undefined);
  const isOldEnough = oldest >= 0 && points.length - oldest >= datapointsToAlarm;
  return { ...counted, state: isOldEnough ? "ALARM" : "INSUFFICIENT_DATA" };
}

const FILLED_AS: Record<Missing, string> = {
  breaching: "Breaching",
  notBreaching: "NonBreaching",
  ignore: "Ignored",
  missing: "Missing",
};

/** What CloudWatch would say of it. `comparison`: "greater than or equal to the threshold (1.0)". */
export function reasonOf({ state, evaluated, breaching, filled }: Judgement, rule: Rule, comparison: string): string {
  const { evaluationPeriods, missing } = rule;
  if (state === "INSUFFICIENT_DATA")
    return `Insufficient Data: ${plural(filled, "datapoint")} ${were(filled)} unknown.`;
  const treated = `${plural(filled, "missing datapoint")} ${were(filled)} treated as [${FILLED_AS[missing]}]`;
  if (evaluated.length === 0) {
    return `Threshold Crossed: no datapoints were received for ${plural(evaluationPeriods, "period")} and ${treated}.`;
  }
  const told = state === "ALARM" ? breaching : evaluated.length - breaching;
  const values = evaluated.filter((value) => rule.breaches(value) === (state === "ALARM")).map(decimal);
  const counted =
    filled > 0 || told === evaluated.length
      ? plural(told, "datapoint")
      : `${told} out of the last ${evaluated.length} datapoints`;
  const crossed = `${counted} [${values.join(", ")}] ${were(told)} ${state === "ALARM" ? "" : "not "}${comparison}`;
  return `Threshold Crossed: ${crossed}${filled > 0 ? ` and ${treated}` : ""}.`;
}

const plural = (count: number, one: string) => `${count} ${one}${count === 1 ? "" : "s"}`;
const were = (count: number) => (count === 1 ? "was" : "were");

/** A number as CloudWatch writes it: never without a decimal. */
export function decimal(value: number): string {
  return Number.isInteger(value) ? value.toFixed(1) : String(value);
}
