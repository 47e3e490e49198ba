import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { holds, parseRule, watchedBy } from "../../../local/cloudwatch/alarm-rule.ts";
import type { State } from "../../../local/cloudwatch/alarm-state.ts";
import { type Suppression, suppress, UNSUPPRESSED } from "../../../local/cloudwatch/suppression.ts";

describe("a composite alarm's rule", () => {
  const states: Record<string, State> = { a: "ALARM", b: "OK", c: "INSUFFICIENT_DATA", d: "ALARM" };
  const is = (text: string) => holds(parseRule(text), (alarm) => states[alarm] ?? "OK");

  it.each([
    ['ALARM("a")', true],
    ["ALARM(a) AND OK(b) AND INSUFFICIENT_DATA(c)", true],
    ["ALARM(a) AND NOT ALARM(d)", false],
    ["(ALARM(b) OR ALARM(d)) AND OK(b)", true],
    ["NOT (ALARM(a) OR ALARM(b))", false],
    ["((ALARM(b) OR FALSE) OR (TRUE AND ALARM(a)))", true],
    ["AT_LEAST(2, ALARM, (a, b, c, d))", true],
    ["AT_LEAST(3, ALARM, (a, b, c, d))", false],
    ['AT_LEAST(50%, ALARM, ("a", "b", "c", "d"))', true],
    ['AT_LEAST("51%", ALARM, (a, b, c, d))', false],
    ["AT_LEAST(60%, NOT OK, (a, b, c))", true],
    ['ALARM("arn:aws:cloudwatch:eu-west-2:000000000000:alarm:a")', true],
  ])("%s is %s", (text, expected) => {
    expect(is(text)).toBe(expected);
  });

  it("names every alarm that it watches", () => {
    expect(watchedBy(parseRule("(ALARM(a) OR NOT OK(b)) AND AT_LEAST(1, ALARM, (c, d)) AND TRUE"))).toEqual([
      "a",
      "b",
      "c",
      "d",
    ]);
  });

  it.each([
    "ALARM(a) AND ALARM(b) OR ALARM(c)",
    "ALARM a",
    "ALARM(a",
    "SOME(a)",
    "",
    "ALARM(a) ALARM(b)",
    'ALARM("a)',
    "AT_LEAST(x, ALARM, (a))",
  ])("is refused when it is %s", (text) => {
    expect(() => parseRule(text)).toThrow("rule");
  });
});

describe("the actions of a composite alarm with a suppressor", () => {
  /** A step is whether the composite changed its state and whether the suppressor is in alarm; wait 2, extension 3. */
  function acts(steps: [changed: 0 | 1, inAlarm: 0 | 1][]): number[] {
    let suppression: Suppression = UNSUPPRESSED;
    return steps.flatMap(([changed, inAlarm], nowMs) => {
      const seen = { nowMs, hasChanged: changed === 1, isInAlarm: inAlarm === 1 };
      const { next, act } = suppress(suppression, { alarm: "s", waitMs: 2, extensionMs: 3 }, seen);
      suppression = next;
      return act ? [nowMs] : [];
    });
  }

  // The six examples of Create_Composite_Alarm_Suppression; the composite changes at t2.
  it.each<[string, [0 | 1, 0 | 1][], number[]]>([
    [
      "1: not suppressed after the wait",
      [
        [0, 0],
        [0, 0],
        [1, 0],
        [0, 0],
        [0, 0],
        [0, 0],
      ],
      [4],
    ],
    [
      "2: suppressed by the alarm within the wait",
      [
        [0, 0],
        [0, 0],
        [1, 0],
        [0, 1],
        [0, 1],
        [0, 1],
      ],
      [],
    ],
    [
      "3: changed back within the wait",
      [
        [0, 0],
        [0, 0],
        [1, 0],
        [1, 0],
        [0, 0],
        [0, 0],
        [0, 0],
      ],
      [5],
    ],
    [
      "4: the suppressor was in alarm before",
      [
        [0, 1],
        [0, 1],
        [1, 1],
        [0, 1],
        [0, 1],
      ],
      [],
    ],
    [
      "5: not suppressed after the extension",
      [
        [0, 0],
        [0, 0],
        [1, 0],
        [0, 1],
        [0, 1],
        [0, 1],
        [0, 0],
        [0, 0],
        [0, 0],
        [0, 0],
        [0, 0],
      ],
      [9],
    ],
    [
      "6: changed back within the extension",
      [
        [0, 0],
        [0, 0],
        [1, 0],
        [0, 1],
        [0, 1],
        [0, 1],
        [0, 0],
        [1, 0],
        [0, 0],
        [0, 0],
        [0, 0],
      ],
      [9],
    ],
  ])("are those of the guide's example %s", (_name, steps, expected) => {
    expect(acts(steps)).toEqual(expected);
  });

  it("come at most once for each change, and never while the suppressor is in alarm", () => {
    const bit = fc.constantFrom<0 | 1>(0, 1);
    fc.assert(
      fc.property(fc.array(fc.tuple(bit, bit), { maxLength: 40 }), (steps) => {
        const times = acts(steps);
        for (const at of times) expect(steps[at]?.[1]).toBe(0);
        expect(times.length).toBeLessThanOrEqual(steps.filter(([changed]) => changed === 1).length);
        const calm: [0 | 1, 0 | 1][] = Array.from({ length: 6 }, () => [0, 0]);
        // What is left to do is done once all is calm.
        const all = acts([...steps, ...calm]);
        const last = steps.findLastIndex(([changed]) => changed === 1);
        expect(all.some((at) => at >= last)).toBe(last >= 0);
      }),
    );
  });
});
