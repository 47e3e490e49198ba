import { describe, expect, it } from "vitest";
import { play } from "../../local/simulate/play.ts";
import type { Guard } from "../../local/simulate/sabotage.ts";

const OLDER: Guard = {
  kind: "condition",
  name: "Update readings (reading reach observedAtMs): attribute_not_exists(observedAtMs) OR observedAtMs < :at",
};
const NIGHT = { assets: 4, hours: 3, faults: { level: "all", emphasis: { look: 6 } } } as const;

describe("a guard that is taken away", () => {
  it("is missed: older readings overwrite newer ones", async () => {
    const { violations } = await play({ ...NIGHT, seed: 3, sabotage: OLDER });
    expect(violations.map(({ invariant }) => invariant)).toContain("P2 older never overwrites newer");
  });

  it("was what kept the promise", async () => {
    const { violations } = await play({ ...NIGHT, seed: 3 });
    expect(violations.map(({ invariant }) => invariant)).not.toContain("P2 older never overwrites newer");
  });
});
