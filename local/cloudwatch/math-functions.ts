import { UnsupportedMath } from "./math-syntax.ts";
import { mapPoints, pointsOf, scalar, scalarOf, series, type Value } from "./math-values.ts";
import type { Points } from "./metric-store.ts";

const present = (points: Points) => points.filter((point) => point !== undefined);
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const least = (values: readonly number[]) => (values.length === 0 ? undefined : Math.min(...values));
const most = (values: readonly number[]) => (values.length === 0 ? undefined : Math.max(...values));

/** Of one series the number for all its points, of several a series of the number at each time. Nothing at all stays nothing. */
function over(one: (values: readonly number[], ofSeries: number) => number | undefined) {
  return ([value]: Value[]): Value => {
    if (value?.kind !== "list") {
      const values = present(pointsOf(value as Value));
      return scalar(one(values, values.length));
    }
    const all = value.series;
    const length = all[0]?.length ?? 0;
    const at = (index: number) => present(all.map((points) => points[index]));
    return series(Array.from({ length }, (_, index) => one(at(index), all.length)));
  };
}

const each =
  (apply: (value: number) => number) =>
  ([value]: Value[]) =>
    mapPoints(value as Value, (points) => points.map((point) => (point === undefined ? undefined : apply(point))));

type Function = { arity: [number, number]; run: (values: Value[]) => Value };

/**
 * Functions that need nothing but their arguments (using-metric-math, "Functions supported for metric math"). In AVG of
 * several series a missing value counts as 0, as it adds nothing to SUM.
 */
export const FUNCTIONS: Record<string, Function> = {
  SUM: { arity: [1, 1], run: over((values) => (values.length === 0 ? undefined : sum(values))) },
  AVG: { arity: [1, 1], run: over((values, count) => (values.length === 0 ? undefined : sum(values) / count)) },
  MIN: { arity: [1, 1], run: over(least) },
  MAX: { arity: [1, 1], run: over(most) },
  ABS: { arity: [1, 1], run: each(Math.abs) },
  CEIL: { arity: [1, 1], run: each(Math.ceil) },
  FLOOR: { arity: [1, 1], run: each(Math.floor) },
  IF: { arity: [2, 3], run: ([condition, ifTrue, ifFalse]) => choose(condition as Value, ifTrue as Value, ifFalse) },
};

/**
 * IF, after "Using IF expressions": any number but 0 is true. Where the condition has no value, there is none; where it is
 * true and the first series has none, there is a 0; where it is false and the second has none, or is left out, none.
 */
function choose(condition: Value, ifTrue: Value, ifFalse: Value | undefined): Value {
  if (condition.kind === "scalar") {
    // The type must not depend on the data.
    const [kept, other] = condition.value === 0 ? [ifFalse, ifTrue] : [ifTrue, ifFalse];
    const points = [kept, other].find((value) => value?.kind === "series");
    if (!points) throw new UnsupportedMath("IF of a number needs a time series to choose from");
    const none = pointsOf(points).map(() => undefined);
    if (condition.value === undefined || !kept) return series(none);
    return kept.kind === "scalar" ? series(none.map(() => kept.value)) : series(pointsOf(kept));
  }
  const at = (value: Value | undefined, index: number) =>
    value === undefined ? undefined : value.kind === "scalar" ? value.value : pointsOf(value)[index];
  return series(
    pointsOf(condition).map((holds, index) => {
      if (holds === undefined) return undefined;
      if (holds === 0) return at(ifFalse, index);
      return at(ifTrue, index) ?? (ifTrue.kind === "scalar" ? undefined : 0);
    }),
  );
}

/** FILL: with a number, the points of another series, what was there last (REPEAT), or a straight line over the gap (LINEAR). */
export function fill(value: Value, filler: Value | "REPEAT" | "LINEAR"): Value {
  if (filler === "REPEAT")
    return mapPoints(value, (points) => points.map((_, index) => points.slice(0, index + 1).findLast(isThere)));
  if (filler === "LINEAR") return mapPoints(value, bridge);
  if (filler.kind === "scalar") return mapPoints(value, (points) => points.map((point) => point ?? scalarOf(filler)));
  const other = pointsOf(filler);
  return mapPoints(value, (points) => points.map((point, index) => point ?? other[index]));
}

const isThere = (point: number | undefined): point is number => point !== undefined;

function bridge(points: Points): Points {
  return points.map((point, index) => {
    if (point !== undefined) return point;
    const before = points.findLastIndex((one, at) => at < index && isThere(one));
    const after = points.findIndex((one, at) => at > index && isThere(one));
    if (before < 0 || after < 0) return undefined;
    const [from, to] = [points[before] as number, points[after] as number];
    return from + ((to - from) * (index - before)) / (after - before);
  });
}

/** METRICS("text"): the metrics, not the expressions, whose id holds the text. */
export function metricsNamed(text: string, metrics: ReadonlyMap<string, Points>): Value {
  const found = [...metrics].filter(([id]) => id.includes(text)).map(([, points]) => points);
  if (found.length === 0) throw new UnsupportedMath(`METRICS("${text}") matches no metric`);
  return { kind: "list", series: found };
}
