import { describe, expect, it } from "vitest";
import { type Outcome, problemsOf, type Told } from "../../../local/alarm-matrix/verdict.ts";

const TOLD: Told[] = [
  { alarm: "a-silent", withinMinutes: 10 },
  { alarm: "a-errors", withinMinutes: 10 },
];
const rang = (alarm: string, after = 5, okAfter: number | undefined = 1) => ({ alarm, after, okAfter });
const outcome = (alarm: string, ...all: Outcome["rang"]): Outcome => ({ cause: `of ${alarm}`, alarm, rang: all });
const WELL = [outcome("a-silent", rang("a-silent")), outcome("a-errors", rang("a-errors"))];
const kinds = (...given: Parameters<typeof problemsOf>) =>
  problemsOf(...given).map(({ kind, alarm }) => `${kind} ${alarm}`);

describe("a matrix of causes and alarms", () => {
  it("is well when each rings for its own cause, in time, and is over", () => {
    expect(problemsOf(TOLD, [outcome(""), ...WELL], [])).toEqual([]);
  });

  it("finds an alarm that stays silent", () => {
    expect(kinds(TOLD, [outcome("a-silent"), ...WELL.slice(1)], [])).toEqual(["missing a-silent"]);
  });

  it("finds one that rings a minute later than it says, and none that rings just in time", () => {
    expect(kinds(TOLD, [outcome("a-silent", rang("a-silent", 11)), ...WELL.slice(1)], [])).toEqual(["late a-silent"]);
    expect(problemsOf(TOLD, [outcome("a-silent", rang("a-silent", 10)), ...WELL.slice(1)], [])).toEqual([]);
  });

  it("finds one that does not end", () => {
    const still = { alarm: "a-silent", after: 5, okAfter: undefined };
    expect(kinds(TOLD, [outcome("a-silent", still), ...WELL.slice(1)], [])).toEqual(["not over a-silent"]);
  });

  it("finds one that rings for another cause, or for none", () => {
    const both = outcome("a-silent", rang("a-silent"), rang("a-errors"));
    expect(kinds(TOLD, [both, ...WELL.slice(1)], [])).toEqual(["other a-errors"]);
    expect(kinds(TOLD, [outcome("", rang("a-errors")), ...WELL], [])).toEqual(["other a-errors"]);
  });

  it("takes a pair that was accepted, of the same part and in this direction only", () => {
    const accepted = [{ alarm: "*-silent", also: "*-errors", reason: "for a test" }];
    const silent = outcome("a-silent", rang("a-silent"), rang("a-errors"));
    expect(problemsOf(TOLD, [silent, ...WELL.slice(1)], accepted)).toEqual([]);
    const errors = outcome("a-errors", rang("a-errors"), rang("a-silent"));
    expect(kinds(TOLD, [...WELL.slice(0, 1), errors], accepted)).toEqual(["other a-silent"]);
    const others = outcome("a-silent", rang("a-silent"), rang("b-errors"));
    expect(kinds(TOLD, [others, ...WELL.slice(1)], accepted)).toEqual(["other b-errors"]);
  });

  it("finds an alarm that no cause is for, unless one that was played is its equal", () => {
    expect(kinds(TOLD, WELL.slice(0, 1), [])).toEqual(["no cause a-errors"]);
    const withB = [...TOLD, { alarm: "b-silent", withinMinutes: 10 }];
    expect(kinds(withB, WELL, [])).toEqual(["no cause b-silent"]);
    expect(problemsOf(withB, WELL, [], new Map([["b-silent", "a-silent"]]))).toEqual([]);
    expect(kinds(withB, WELL, [], new Map([["b-silent", "c-silent"]]))).toEqual(["no cause b-silent"]);
  });

  it("finds a cause that is for no alarm", () => {
    expect(kinds(TOLD, [...WELL, outcome("a-gone", rang("a-errors"))], [])).toEqual(["no alarm a-gone"]);
  });
});
