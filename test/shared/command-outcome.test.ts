import { describe, expect, it } from "vitest";
import { countOutcome } from "../../shared/command-outcome.ts";
import { fakeMeter } from "../fakes/meter.ts";

type Outcome = Parameters<typeof countOutcome>[1];

function counted(outcome: Outcome, attempts = 1) {
  const meter = fakeMeter("some-function");
  countOutcome({ integration: "acme-cars", attempts }, outcome, meter);
  for (const { dimensions } of meter.sent)
    expect(dimensions).toEqual({ service: "verifier", integration: "acme-cars" });
  const [confirmed, ...others] = ["commands_confirmed", "commands_missed", "commands_unseen"] as const;
  return [meter.counts.get(confirmed), ...others.map((name) => meter.counts.get(name) ?? 0)];
}

describe("a command that ended", () => {
  it.each<[string, Outcome, number[]]>([
    ["confirmed", { to: "confirmed" }, [1, 0, 0]],
    ["missed while its device was offline", { to: "missed", faultClass: "device-offline" }, [0, 1, 0]],
    ["missed in an outage", { to: "missed", faultClass: "vendor-outage" }, [0, 1, 0]],
    ["rejected for our own fault", { to: "rejected", faultClass: "our-fault" }, [0, 1, 0]],
    ["expired after it was sent", { to: "expired" }, [0, 1, 0]],
    ["missed for a cable that is not in", { to: "missed", faultClass: "customer-must-act" }, [0, 0, 0]],
    ["rejected for a dead login", { to: "rejected", faultClass: "credentials-revoked" }, [0, 0, 0]],
    ["missed while nobody looked", { to: "missed", faultClass: "transient", isUnseen: true }, [0, 0, 1]],
    ["overridden by its owner", { to: "missed", faultClass: "transient", isOverridden: true }, [0, 0, 0]],
  ])("%s", (_, outcome, expected) => {
    expect(counted(outcome)).toEqual(expected);
  });

  it("that was never sent is no miss", () => {
    expect(counted({ to: "expired" }, 0)).toEqual([0, 0, 0]);
  });
});
