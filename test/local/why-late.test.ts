import { describe, expect, it } from "vitest";
import { type Answer, type Evidence, type LedgerRun, whyLate } from "../../local/ops/why-late.ts";
import { verdictOf, whyLateSummary, whyLateText } from "../../local/ops/why-late-text.ts";
import { FaultClass } from "../../shared/domain/fault.ts";
import { MINUTE_MS, plusMs } from "../../shared/domain/instant.ts";
import { anAsset, aReach, aReading, at, charging } from "../builders.ts";

const NOW = at("2026-11-20T18:00Z");
const ago = (minutes: number) => plusMs(NOW, -minutes * MINUTE_MS);

/** A car looked at each quarter of an hour, at 0, 15, 30 and 45 past; 40 minutes is too long. */
function evidence(changes: Partial<Evidence> = {}): Evidence {
  return {
    now: NOW,
    stream: "charge",
    place: { periodMinutes: 15, slot: 0 },
    cadenceMinutes: 15,
    reading: aReading({ observedAt: ago(40) }),
    reach: aReach(ago(40)),
    elsewhere: [],
    runs: [],
    runsSince: ago(60),
    outage: undefined,
    ...changes,
  };
}

function aRun(minutesAgo: number, changes: Partial<LedgerRun> = {}): LedgerRun {
  const minute = ago(minutesAgo);
  const done = { attempt: 1, assets: 9, startedAt: minute, finishedAt: plusMs(minute, 5000), ok: 9, notAttempted: 0 };
  return {
    minute,
    part: "charge#15",
    attempt: 1,
    claimedAt: minute,
    expected: 9,
    batches: 1,
    held: 0,
    results: [done],
    ...changes,
  };
}
const OUTAGE = {
  integration: "acme",
  faultClass: "vendor-outage",
  since: ago(50),
  assetsAffected: 200,
  energyAtRiskKwh: 90,
} as const;
const look = { attempt: 1, assets: 9, startedAt: ago(15) };
const failing = (faultClass: FaultClass, failures = 3) => aReach(ago(2), { failures, faultClass, online: null });

const CASES: [string, Partial<Evidence>, Partial<Answer>, string][] = [
  ["without a place on the wheel", { place: undefined }, { cause: "not-scheduled" }, "we lost it"],
  ["whose turn nobody took", {}, { cause: "no-run", dueAt: ago(15) }, "we lost it"],
  [
    "whose turn only others had",
    { runs: [aRun(15, { part: "charge#30" }), aRun(30)] },
    { cause: "no-run" },
    "we lost it",
  ],
  ["whose batch never began", { runs: [aRun(15, { results: [] })] }, { cause: "no-result" }, "we lost it"],
  ["whose batch never ended", { runs: [aRun(15, { results: [look] })] }, { cause: "no-result" }, "we lost it"],
  [
    "whose batch ended at the first attempt only",
    { runs: [aRun(15, { attempt: 2 })] },
    { cause: "no-result" },
    "we lost it",
  ],
  [
    "that time ran out for",
    { runs: [aRun(15, { results: [{ ...look, finishedAt: ago(14), ok: 3, notAttempted: 6 }] })] },
    { cause: "not-attempted" },
    "we lost it",
  ],
  [
    "held back as its vendor fails",
    { runs: [aRun(15, { held: 9, expected: 0, batches: 0, results: [] })] },
    { cause: "failed", faultClass: "vendor-outage" },
    "no upstream data",
  ],
  [
    "of a vendor that is down",
    { outage: OUTAGE },
    { cause: "failed", faultClass: "vendor-outage" },
    "no upstream data",
  ],
  ["of a vendor that was down", { outage: { ...OUTAGE, endedAt: ago(45) } }, { cause: "no-run" }, "we lost it"],
  [
    "whose run says it was looked at, and its row does not",
    { runs: [aRun(15)] },
    { cause: "unknown" },
    "not known why",
  ],
  [
    "whose data lies under another stream",
    { elsewhere: [{ stream: "heat", lastFetchedAt: ago(1) }] },
    { cause: "elsewhere" },
    "it is there, but the check does not see it",
  ],
  ["that was never looked at", { reach: undefined, reading: undefined }, { cause: "no-run" }, "we lost it"],
  [
    "that charges, and is looked at as if it did not",
    {
      cadenceMinutes: 5,
      reading: charging({ observedAt: ago(25) }),
      reach: aReach(ago(25)),
      place: { periodMinutes: 60, slot: 0 },
    },
    { cause: "no-run" },
    "we lost it",
  ],
  [
    "whose login is dead",
    { reach: aReach(ago(100), { failures: 4, faultClass: "credentials-revoked" }) },
    { cause: "failed", faultClass: "credentials-revoked" },
    "no upstream data",
  ],
  [
    "whose clock is ahead",
    { reach: { ...failing("malformed-message", 1), quarantined: at("2099-01-01T00:00Z") } },
    { cause: "quarantined" },
    "it is there, but the check does not see it",
  ],
  [
    "whose stored reading is ahead",
    { reach: aReach(ago(1)), reading: aReading({ observedAt: plusMs(NOW, 600_000) }) },
    { cause: "quarantined" },
    "it is there, but the check does not see it",
  ],
  [
    "that charges, and of which the vendor tells what was",
    { reach: aReach(ago(1)), reading: charging({ observedAt: ago(61) }) },
    { cause: "old-at-vendor" },
    "no upstream data",
  ],
  [
    "of which the vendor answers and tells nothing",
    { reach: aReach(ago(1)), reading: undefined },
    { cause: "old-at-vendor" },
    "no upstream data",
  ],
  [
    "that is awake at rest, looked at now",
    { reach: aReach(ago(1)) },
    { cause: "fresh", state: "answered" },
    "nothing is late",
  ],
  [
    "that has slept for days",
    { reach: aReach(ago(1), { online: false }), reading: aReading({ observedAt: ago(5000) }) },
    { cause: "fresh", state: "asleep" },
    "nothing is late",
  ],
  ["that failed once", { reach: failing("transient", 1) }, { cause: "fresh", state: "retried" }, "nothing is late"],
  [
    "that failed once while its vendor is down",
    { reach: failing("vendor-outage", 1), outage: OUTAGE },
    { cause: "failed", faultClass: "vendor-outage" },
    "no upstream data",
  ],
];

describe("an asset", () => {
  it.each(CASES)("%s", (_, changes, expected, verdict) => {
    const answer = whyLate(evidence(changes));
    expect(answer).toMatchObject({ isLate: expected.cause !== "fresh", ...expected });
    expect(verdictOf(answer)).toBe(verdict);
  });

  it.each(FaultClass.options)("that fails again and again with %s is late for that", (faultClass) => {
    expect(whyLate(evidence({ reach: failing(faultClass) }))).toEqual({ cause: "failed", isLate: true, faultClass });
  });
});

describe("the answer's page", () => {
  const asset = anAsset();

  it("shows the proof and the next step", () => {
    const asked = evidence({ runs: [aRun(15, { results: [look] })] });
    expect(whyLateText(asset, asked, whyLate(asked), "the local platform")).toMatchInlineSnapshot(`
      "car-0001 on the local platform: we lost it
        now         Fri 20 Nov 18:00, Europe/London (UTC+00:00)
        cause       2 it was sent out and nothing came back: the function or its queue
        proof       last looked at Fri 20 Nov 17:20, 40 min ago
                    last reading of Fri 20 Nov 17:20, 40 min ago
                    its turn is each 15 minutes; one was due Fri 20 Nov 17:45
                    run charge#15 of Fri 20 Nov 17:45: 9 sent in 1, 1 without a result
                    (1 begun, attempt 1), 0 ok
        next step   Read INVOCATION_FAILED in the integration's log group; the batch
                    is sent again by itself: docs/runbooks/integration.md"
    `);
  });

  it("of an integration counts its causes, the most frequent first", () => {
    const answers = CASES.map(([, changes], index) => ({
      ...whyLate(evidence(changes)),
      assetId: `car-${String(index).padStart(4, "0")}`,
    }));
    const text = whyLateSummary("acme", answers, { now: NOW, outage: OUTAGE, targetName: "stage prod (eu-west-2)" });
    const counts = [...text.matchAll(/^(\d+) x /gm)].map(([, count]) => Number(count));
    expect(counts).toEqual(counts.toSorted((a, b) => b - a));
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(answers.filter(({ isLate }) => isLate).length);
    expect(text).toMatch(/^acme on stage prod \(eu-west-2\): \d+ of \d+ assets are late$/m);
    for (const line of text.split("\n")) expect(line.length, line).toBeLessThanOrEqual(80);
  });

  it("fits 80 columns, whatever the cause", () => {
    for (const [, changes] of CASES) {
      const asked = evidence(changes);
      for (const line of whyLateText(asset, asked, whyLate(asked), "stage prod (eu-west-2)").split("\n"))
        expect(line.length, line).toBeLessThanOrEqual(80);
    }
  });
});
