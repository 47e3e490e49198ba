import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseMath } from "../../../local/cloudwatch/math-syntax.ts";
import { evaluateMath } from "../../../local/cloudwatch/metric-math.ts";
import type { Points } from "../../../local/cloudwatch/metric-store.ts";

const none = undefined;

function math(
  text: string,
  metrics: Record<string, Points>,
  expressions: Record<string, string> = {},
): Points | number | undefined {
  const value = evaluateMath(parseMath(text), {
    metrics: new Map(Object.entries(metrics)),
    expressions: new Map(Object.entries(expressions).map(([id, one]) => [id, parseMath(one)])),
    periodSeconds: 300,
    length: Object.values(metrics)[0]?.length ?? 1,
  });
  if (value.kind === "list") throw new Error("a list");
  return value.kind === "series" ? value.points : value.value;
}

describe("metric math", () => {
  // The examples of the CloudWatch user guide, using-metric-math.
  const guide = { metric1: [30, 20, 0, 0], metric2: [20, none, 20, none] };
  it.each([
    ["metric1 < metric2", [0, 0, 1, 0]],
    ["metric1 >= 30", [1, 0, 0, 0]],
    ["metric1 > 15 AND metric2 > 15", [1, 0, 0, 0]],
    ["metric1 > 15 && metric2 > 15", [1, 0, 0, 0]],
    ["metric1 > 15 OR metric2 > 15", [1, 1, 1, 0]],
  ])("compares as the guide shows: %s", (text, expected) => {
    expect(math(text, guide)).toEqual(expected);
  });

  const choices = { metric1: [1, 1, 0, 0, none], metric2: [30, none, 0, 0, 30], metric3: [0, 0, 20, none, 20] };
  it.each([
    ["IF(metric1, metric2, metric3)", [30, 0, 20, none, none]],
    ["IF(metric1, 5, metric3)", [5, 5, 20, none, none]],
    ["IF(metric1, metric2, 5)", [30, 0, 5, 5, none]],
    ["IF(metric1, metric2)", [30, 0, none, none, none]],
    ["IF(2 > 1, metric2, metric3)", [30, none, 0, 0, 30]],
    ["IF(0, metric2, metric3)", [0, 0, 20, none, 20]],
    ["IF(0, metric2)", [none, none, none, none, none]],
    ["IF(metric1 == 0, 10, 2)", [2, 2, 10, 10, none]],
  ])("chooses as the guide shows: %s", (text, expected) => {
    expect(math(text, choices)).toEqual(expected);
  });

  const gaps = { m1: [none, 1, none, none, 4, none], m2: [9, 9, 9, none, 9, 9] };
  it.each([
    ["FILL(m1, 0)", [0, 1, 0, 0, 4, 0]],
    ["FILL(m1, REPEAT)", [none, 1, 1, 1, 4, 4]],
    ["FILL(m1, LINEAR)", [none, 1, 2, 3, 4, none]],
    ["FILL(m1, m2)", [9, 1, 9, none, 4, 9]],
    ["FILL(m1, MIN(m1))", [1, 1, 1, 1, 4, 1]],
    ["m1 + m2", [9, 10, 9, none, 13, 9]],
    ["m2 / m1", [none, 9, none, none, 2.25, none]],
    ["100 * m1", [none, 100, none, none, 400, none]],
    ["-m1", [none, -1, none, none, -4, none]],
    ["m1 > 0", [none, 1, none, none, 1, none]],
    ["SUM([m1, m2])", [9, 10, 9, none, 13, 9]],
    ["SUM(METRICS())", [9, 10, 9, none, 13, 9]],
    ['SUM(METRICS("2"))', [9, 9, 9, none, 9, 9]],
    ["MAX([m1, m2])", [9, 9, 9, none, 9, 9]],
    ["MIN([m1, m2])", [9, 1, 9, none, 4, 9]],
    ["AVG([m1, m2])", [4.5, 5, 4.5, none, 6.5, 4.5]],
    ["SUM([m1, m2] / 2)", [4.5, 5, 4.5, none, 6.5, 4.5]],
    ["m1 - AVG(m1)", [none, -1.5, none, none, 1.5, none]],
    ["m1 / PERIOD(m1) * 60", [none, 0.2, none, none, 0.8, none]],
    ["TIME_SERIES(SUM(m1))", [5, 5, 5, 5, 5, 5]],
    ["ABS(-m1)", [none, 1, none, none, 4, none]],
    ["MAX(m1)", 4],
    ["MAX(m1 / 0)", none],
  ])("treats what is missing by its rules: %s", (text, expected) => {
    expect(math(text, gaps)).toEqual(expected);
  });

  it("knows which operator goes first", () => {
    const m = { m1: [2] };
    expect(math("1 + m1 * 3 - 8 / 4", m)).toEqual([5]);
    expect(math("(1 + m1) * 3", m)).toEqual([9]);
    expect(math("1 - m1 - 1", m)).toEqual([-2]);
    expect(math("m1 > 1 AND m1 < 3 OR 0", m)).toEqual([1]);
    expect(math("0 AND 0 OR 1", m)).toBe(1);
    expect(math("-2 ^ 2", m)).toBe(-4);
  });

  it("follows expressions that use expressions", () => {
    expect(math("rate > 5", { failed: [1, 0], all: [10, 10] }, { rate: "100 * failed / all" })).toEqual([1, 0]);
    expect(() => math("a", {}, { a: "b + 1", b: "a" })).toThrow("depends on itself");
  });

  it("drops exactly the points whose divisor is 0 or whose operands are both missing", () => {
    const point = fc.option(fc.integer({ min: -3, max: 3 }), { nil: undefined });
    fc.assert(
      fc.property(fc.array(fc.tuple(point, point), { minLength: 1 }), (pairs) => {
        const found = math("a / b", { a: pairs.map(([a]) => a), b: pairs.map(([, b]) => b) }) as Points;
        expect(found.map((value) => value === undefined)).toEqual(pairs.map(([, b]) => (b ?? 0) === 0));
        for (const [index, [a, b]] of pairs.entries()) {
          if (found[index] !== undefined) expect(found[index]).toBe((a ?? 0) / (b as number));
        }
      }),
    );
  });

  it.each([
    ["SEARCH('{AWS/Lambda} Errors', 'Sum')", "SEARCH"],
    ["RATE(m1)", "RATE"],
    ["ANOMALY_DETECTION_BAND(m1)", "ANOMALY_DETECTION_BAND"],
    ["toString(m1)", "toString"],
    ["SUM(m1, m1)", "SUM"],
    ["FILL(m1, NEAREST)", "NEAREST"],
    ["m1 + nowhere", "nowhere"],
    ["m1 +", "end"],
    ["m1 % 2", "%"],
    ["m1 m1", "m1"],
    ["(m1", ")"],
    ['METRICS("x")', "matches no metric"],
  ])("refuses %s by name", (text, name) => {
    expect(() => math(text, { m1: [1] })).toThrow(name);
  });
});
