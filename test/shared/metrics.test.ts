import { describe, expect, it } from "vitest";
import { type Line, meterOf } from "../../shared/metrics.ts";

function world() {
  const lines: Line[] = [];
  return { lines, meter: meterOf("acme", (line) => void lines.push(line)) };
}

describe("what an invocation measures", () => {
  it("is written at its end, one line for each set of dimensions, summed", () => {
    const { lines, meter } = world();
    const vendor = meter.of({ integration: "acme-cars" });
    meter.add("verdicts_failed");
    vendor.add("looks", 3);
    vendor.add("looks", 2);
    vendor.add("verdicts_failed", 2);
    meter.of({ integration: "bolt" }).add("looks", 1);
    meter.of({ reason: "hot-key" }).add("dynamodb_throttles");
    meter.of({ service: "verifier", integration: "acme-cars" }).add("commands_confirmed");
    expect(lines).toEqual([]);
    meter.flush();
    expect(lines).toEqual([
      { dimensions: { service: "acme" }, values: { verdicts_failed: 3 } },
      { dimensions: { service: "acme", integration: "acme-cars" }, values: { looks: 5 } },
      { dimensions: { service: "acme", integration: "bolt" }, values: { looks: 1 } },
      { dimensions: { reason: "hot-key" }, values: { dynamodb_throttles: 1 } },
      { dimensions: { service: "verifier", integration: "acme-cars" }, values: { commands_confirmed: 1 } },
    ]);
    meter.flush();
    expect(lines).toHaveLength(5);
  });

  it("leaves out what is sparse and nothing, and tells the nothing of the others", () => {
    const { lines, meter } = world();
    meter.add("verdicts_failed", 0);
    meter.add("scheduler_lag_seconds", 0);
    meter.of({ integration: "acme-cars" }).add("logins_lost", 0);
    meter.flush();
    expect(lines).toEqual([{ dimensions: { service: "acme" }, values: { scheduler_lag_seconds: 0 } }]);
  });
});
