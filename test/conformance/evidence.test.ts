import { describe, expect, it } from "vitest";
import { QualityLedger } from "../../shared/domain/quality.ts";
import { EVIDENCE, uncoveredCapabilities, uncoveredFaults } from "./coverage.ts";
import { type Folder, integrationNames, loadFolder } from "./folder.ts";

const [name = ""] = integrationNames().slice(-1);
const folder = await loadFolder(name);
const without: Folder = { ...folder, fixtures: [], readme: "", manifestText: "" };
const { reads, controls, proven } = QualityLedger.shape;

describe("the suite", () => {
  it("knows the evidence of every rule, and of no other", () => {
    const rules = [reads, controls, proven].flatMap((tier) => [...tier.keyType.options]);
    expect(Object.keys(EVIDENCE).sort()).toEqual(rules.sort());
  });

  it.each(["justified-polling", "reading-fixtures", "errors-mapped", "limitations-written", "refusals-covered"])(
    "refuses %s as done in a folder that shows nothing",
    (rule) => {
      expect(EVIDENCE[rule]?.(without)).toBeDefined();
    },
  );

  it.each(["asleep-covered", "rate-limits-covered", "reauthentication", "runbook-exercised", "verified-on-hardware"])(
    "refuses %s as done in a folder that shows nothing",
    (rule) => {
      expect(EVIDENCE[rule]?.(without)).toBeDefined();
    },
  );

  it("misses a capability and a fault that no fixture shows", () => {
    expect(uncoveredCapabilities(without)).toEqual(folder.manifest.capabilities);
    expect(uncoveredFaults({ ...without, source: 'fault: "api-retired"' })).toEqual([
      "api-retired",
      "a refused login",
      "out of reach",
    ]);
  });
});
