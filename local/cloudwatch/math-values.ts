import { type Operator, UnsupportedMath } from "./math-syntax.ts";
import type { Points } from "./metric-store.ts";

/** What an expression comes to: a number, a time series or several. A number can be missing: the maximum of nothing. */
export type Value =
  | { kind: "scalar"; value: number | undefined }
  | { kind: "series"; points: Points }
  | { kind: "list"; series: Points[] };

export const scalar = (value: number | undefined): Value => ({ kind: "scalar", value });
export const series = (points: Points): Value => ({ kind: "series", points });

type Binary = (left: number, right: number) => number | undefined;

const flag = (holds: boolean) => (holds ? 1 : 0);

/** A division by zero, or whatever else is not a number, drops the data point. */
export const OPERATORS: Record<Operator, Binary> = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b) => (b === 0 ? undefined : a / b),
  "^": (a, b) => a ** b,
  "==": (a, b) => flag(a === b),
  "!=": (a, b) => flag(a !== b),
  "<=": (a, b) => flag(a <= b),
  ">=": (a, b) => flag(a >= b),
  "<": (a, b) => flag(a < b),
  ">": (a, b) => flag(a > b),
  AND: (a, b) => flag(a !== 0 && b !== 0),
  OR: (a, b) => flag(a !== 0 || b !== 0),
};

/**
 * Applies an operator point by point. Where only one of two series has a value, the other counts as 0; where neither
 * has, or the only series there is has not, there is no data point.
 */
export function combine(left: Value, right: Value, apply: Binary): Value {
  if (left.kind === "list")
    return { kind: "list", series: left.series.map((one) => pointsOf(combine(series(one), right, apply))) };
  if (right.kind === "list")
    return { kind: "list", series: right.series.map((one) => pointsOf(combine(left, series(one), apply))) };
  const at = (a: number | undefined, b: number | undefined) => {
    const value = a === undefined || b === undefined ? undefined : apply(a, b);
    return value !== undefined && Number.isFinite(value) ? value : undefined;
  };
  if (left.kind === "scalar" && right.kind === "scalar") return scalar(at(left.value, right.value));
  if (left.kind === "scalar") return series(pointsOf(right).map((b) => at(left.value, b)));
  if (right.kind === "scalar") return series(left.points.map((a) => at(a, right.value)));
  return series(
    left.points.map((a, index) => {
      const b = right.points[index];
      return a === undefined && b === undefined ? undefined : at(a ?? 0, b ?? 0);
    }),
  );
}

/** Applies a function to every data point of a series or of each series. */
export function mapPoints(value: Value, apply: (points: Points) => Points): Value {
  if (value.kind === "list") return { kind: "list", series: value.series.map(apply) };
  return series(apply(pointsOf(value)));
}

export function pointsOf(value: Value): Points {
  if (value.kind !== "series") throw new UnsupportedMath(`a ${value.kind} where a time series is needed`);
  return value.points;
}

export function listOf(value: Value): Points[] {
  return value.kind === "list" ? value.series : [pointsOf(value)];
}

export function scalarOf(value: Value): number | undefined {
  if (value.kind !== "scalar") throw new UnsupportedMath(`a ${value.kind} where a number is needed`);
  return value.value;
}
