import { describe, expect, it } from "vitest";
import { QualityLedger, tierOf } from "../../shared/domain/quality.ts";

const EXEMPT = { exempt: "it only reads, so there is nothing to control" };

function aLedger(reads: unknown, controls: unknown, proven: unknown): QualityLedger {
  const all = (schema: { keyType: { options: readonly string[] } }, status: unknown) =>
    Object.fromEntries(schema.keyType.options.map((rule) => [rule, status]));
  const { shape } = QualityLedger;
  return QualityLedger.parse({
    reads: all(shape.reads, reads),
    controls: all(shape.controls, controls),
    proven: all(shape.proven, proven),
    verifiedOn: null,
  });
}

describe("the tier of a ledger", () => {
  it.each([
    ["todo", "todo", "todo", undefined],
    ["done", "todo", "todo", "reads"],
    ["done", "done", "todo", "controls"],
    ["done", "done", "done", "proven"],
    ["todo", "done", "done", undefined],
    ["done", EXEMPT, "todo", "reads"],
    ["done", EXEMPT, "done", "proven"],
    [EXEMPT, EXEMPT, EXEMPT, undefined],
  ] as const)("reads %j, controls %j, proven %j: %s", (reads, controls, proven, tier) => {
    expect(tierOf(aLedger(reads, controls, proven))).toBe(tier);
  });

  it("is lost with one rule", () => {
    const ledger = aLedger("done", "done", "todo");
    ledger.reads["errors-mapped"] = "todo";
    expect(tierOf(ledger)).toBeUndefined();
  });

  it("takes no exemption without a reason, and no rule it does not know", () => {
    expect(() => aLedger({ exempt: "" }, "todo", "todo")).toThrow();
    const ledger = aLedger("done", "done", "done");
    expect(() => QualityLedger.parse({ ...ledger, reads: { ...ledger.reads, shiny: "done" } })).toThrow();
    const { owner: _, ...rest } = ledger.reads;
    expect(() => QualityLedger.parse({ ...ledger, reads: rest })).toThrow();
  });
});
