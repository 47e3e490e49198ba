import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { judge, type Missing, reasonOf, type State } from "../../../local/cloudwatch/alarm-state.ts";

const breaches = (value: number) => value >= 1;
const HELD: State = "ALARM";
const RETAIN = "retain";

/** `0` is within the threshold, `X` beyond it, `-` missing; the most recent on the right. */
function stateOf(
  points: string,
  datapointsToAlarm: number,
  missing: Missing,
  current: State,
  evaluationPeriods = 3,
): State {
  const values = points.split(" ").map((mark) => (mark === "-" ? undefined : mark === "X" ? 1 : 0));
  return judge(values, { evaluationPeriods, datapointsToAlarm, breaches, missing }, current).state;
}

describe("the state of an alarm", () => {
  // Both tables of the user guide, alarms-and-missing-data, and the premature rows of its older text.
  const INSUFFICIENT = "INSUFFICIENT_DATA";
  it.each([
    ["0 - X - X", 3, "OK", "OK", "OK", "OK"],
    ["0 - - - -", 3, "OK", "OK", "OK", "OK"],
    ["- - - - -", 3, INSUFFICIENT, RETAIN, "ALARM", "OK"],
    ["0 X X - X", 3, "ALARM", "ALARM", "ALARM", "ALARM"],
    ["- - X - -", 3, "ALARM", RETAIN, "ALARM", "OK"],
    ["X - - - -", 3, "ALARM", RETAIN, "ALARM", "OK"],
    ["- - - - X", 3, INSUFFICIENT, RETAIN, "ALARM", "OK"],
    ["- - - X -", 3, INSUFFICIENT, RETAIN, "ALARM", "OK"],
    ["0 - X - X", 2, "ALARM", "ALARM", "ALARM", "ALARM"],
    ["0 0 X 0 X", 2, "ALARM", "ALARM", "ALARM", "ALARM"],
    ["0 - X - -", 2, "OK", "OK", "ALARM", "OK"],
    ["- - - - 0", 2, "OK", "OK", "ALARM", "OK"],
    ["- - - - X", 2, INSUFFICIENT, RETAIN, "ALARM", "OK"],
    ["- - - X -", 2, "ALARM", RETAIN, "ALARM", "OK"],
  ])(
    "is of %s, %i of 3: %s when missing, %s when ignored, %s when breaching, %s when not",
    (points, toAlarm, ...expected) => {
      const settings: Missing[] = ["missing", "ignore", "breaching", "notBreaching"];
      for (const [index, missing] of settings.entries()) {
        for (const current of ["OK", "ALARM", INSUFFICIENT] satisfies State[]) {
          const wanted = expected[index] === RETAIN ? current : expected[index];
          expect(stateOf(points, toAlarm, missing, current), `${missing}, ${current}`).toBe(wanted);
        }
      }
    },
  );

  const windows = fc.record({
    points: fc.array(fc.constantFrom("0", "X", "-"), { minLength: 3, maxLength: 12 }),
    datapointsToAlarm: fc.integer({ min: 1, max: 10 }),
    missing: fc.constantFrom<Missing>("missing", "ignore", "breaching", "notBreaching"),
  });
  const stateIn = ({
    points,
    datapointsToAlarm,
    missing,
  }: {
    points: string[];
    datapointsToAlarm: number;
    missing: Missing;
  }) => stateOf(points.join(" "), Math.min(datapointsToAlarm, points.length - 2), missing, HELD, points.length - 2);

  it("is the count of the most recent points that exist, when there are enough, whatever the setting", () => {
    fc.assert(
      fc.property(windows, (window) => {
        const needed = window.points.length - 2;
        const there = window.points.filter((point) => point !== "-").slice(-needed);
        fc.pre(there.length === needed);
        const breaching = there.filter((point) => point === "X").length;
        expect(stateIn(window)).toBe(breaching >= Math.min(window.datapointsToAlarm, needed) ? "ALARM" : "OK");
      }),
    );
  });

  it("never goes from ALARM to OK because a point breaches more, and never needs fewer when silence is no breach", () => {
    fc.assert(
      fc.property(windows, fc.nat(), (window, at) => {
        const index = at % window.points.length;
        const worse = { ...window, points: window.points.with(index, "X") };
        if (window.points[index] === "0" && stateIn(window) === "ALARM") expect(stateIn(worse)).toBe("ALARM");
        if (stateIn({ ...window, missing: "notBreaching" }) === "ALARM") {
          for (const missing of ["missing", "ignore", "breaching"] satisfies Missing[]) {
            expect(stateIn({ ...window, missing })).toBe("ALARM");
          }
        }
      }),
    );
  });

  it("has a reason in CloudWatch's words", () => {
    const rule = { evaluationPeriods: 3, datapointsToAlarm: 2, breaches, missing: "breaching" as Missing };
    const say = (points: (number | undefined)[], missing: Missing = "breaching") => {
      const chosen = { ...rule, missing };
      return reasonOf(judge(points, chosen, "OK"), chosen, "greater than or equal to the threshold (1.0)");
    };
    expect(say([undefined, undefined, undefined, undefined, undefined])).toBe(
      "Threshold Crossed: no datapoints were received for 3 periods and 3 missing datapoints were treated as [Breaching].",
    );
    expect(say([0, 0, 0, 5, 6])).toBe(
      "Threshold Crossed: 2 out of the last 3 datapoints [5.0, 6.0] were greater than or equal to the threshold (1.0).",
    );
    expect(say([undefined, undefined, undefined, undefined, undefined], "missing")).toBe(
      "Insufficient Data: 3 datapoints were unknown.",
    );
    expect(say([undefined, undefined, undefined, undefined, 0.5], "notBreaching")).toBe(
      "Threshold Crossed: 1 datapoint [0.5] was not greater than or equal to the threshold (1.0) and 2 missing datapoints were treated as [NonBreaching].",
    );
  });
});
