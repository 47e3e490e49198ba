import { describe, expect, it } from "vitest";
import { soakText } from "../../local/soak/text.ts";
import { type Followed, type Seen, verdictOf } from "../../local/soak/verdict.ts";
import { AssetId } from "../../shared/domain/asset.ts";
import { type Instant, instant, MINUTE_MS } from "../../shared/domain/instant.ts";

const START = Date.UTC(2026, 0, 14, 12);
const at = (minute: number): Instant => instant(START + minute * MINUTE_MS);

function followed(overrides: Partial<Followed> = {}): Followed {
  return {
    assetId: AssetId.parse("soak-acme-0001"),
    integration: "acme",
    longestPeriodMinutes: 15,
    vendorCalls: 4,
    looks: [
      { at: at(0), lastFetchedAt: null },
      { at: at(3), lastFetchedAt: at(1) },
      { at: at(16), lastFetchedAt: at(15) },
      { at: at(60), lastFetchedAt: at(45) },
    ],
    commands: [{ commandId: "c-1", status: "confirmed", checkAt: at(20) }],
    ...overrides,
  };
}
const seen = (asset: Partial<Followed> = {}, more: Partial<Seen> = {}): Seen => ({
  startedAt: at(0),
  endedAt: at(60),
  isBrokenOff: false,
  assets: [followed(asset)],
  alarms: [],
  ...more,
});

describe("a soak", () => {
  it("passes when all is read in time, each command confirmed and no alarm rang", () => {
    expect(verdictOf(seen())).toMatchObject({ passed: true, reasons: [], assets: [{ oldestMinutes: 15 }] });
  });

  it.each<[string, Partial<Followed>, RegExp]>([
    [
      "an asset that nobody asked its vendor for",
      { vendorCalls: 0, looks: [] },
      /no call of acme came here.*ENDPOINTS/,
    ],
    ["an asset that was never read", { looks: [{ at: at(60), lastFetchedAt: null }] }, /was never read/],
    ["one read too late", { looks: [{ at: at(50), lastFetchedAt: at(10) }] }, /not read for 40 minutes; 35 may/],
    [
      "a missed command",
      { commands: [{ commandId: "c-2", status: "missed", checkAt: at(9), evidence: "still" }] },
      /c-2.*missed: still/,
    ],
    [
      "one that nobody judged",
      { commands: [{ commandId: "c-3", status: "accepted", checkAt: at(54) }] },
      /c-3.*accepted/,
    ],
  ])("fails for %s", (_, asset, reason) => {
    const { passed, reasons } = verdictOf(seen(asset));
    expect(passed).toBe(false);
    expect(reasons).toHaveLength(1);
    expect(reasons[0]).toMatch(reason);
  });

  it("does not fail for a command that was taken back, or that may still be proved", () => {
    const commands = [
      { commandId: "c-4", status: "withdrawn", checkAt: at(9) },
      { commandId: "c-5", status: "accepted", checkAt: at(58) },
    ] as const;
    expect(verdictOf(seen({ commands }))).toMatchObject({ passed: true });
  });

  it("fails for an alarm that began in it, and only tells of one from before", () => {
    const alarm = (minute: number) => ({ name: "acme-not-read", since: at(minute) });
    expect(verdictOf(seen({}, { alarms: [alarm(-5)] })).passed).toBe(true);
    expect(verdictOf(seen({}, { alarms: [alarm(5)] })).reasons).toEqual([`the alarm acme-not-read rang at ${at(5)}`]);
  });

  it("does not pass when it was broken off", () => {
    expect(verdictOf(seen({}, { isBrokenOff: true }))).toMatchObject({
      passed: false,
      reasons: ["it was broken off before its time"],
    });
  });

  it("is told in 80 columns", () => {
    const text = soakText(verdictOf(seen({}, { alarms: [{ name: "acme-not-read", since: at(-5) }] })), "dev");
    expect(text).toContain("passed");
    expect(text.split("\n").filter((line) => line.length > 90)).toEqual([]);
  });
});
