import { describe, expect, it } from "vitest";
import { injectionsOf, type Trouble, type Truth } from "../../shared/integration/injections.ts";

type Kind = "cut" | "outage" | "revoked" | "scope" | "odd";
const TRUTHS: Record<Kind, Truth> = {
  cut: { faultClass: "transient" },
  outage: { faultClass: "vendor-outage" },
  revoked: { faultClass: "credentials-revoked", lasts: "until-relinked" },
  scope: { faultClass: "customer-must-act", lasts: "until-ended", onlyIfAsked: true },
  odd: { faultClass: null },
};
const NOW_MS = 1000;

function injected(log: Trouble<Kind>[], links: { atMs: number; accountId: string }[] = []) {
  return injectionsOf(log, TRUTHS, { sinceMs: 0, nowMs: NOW_MS }, links);
}

describe("injections", () => {
  it("of single answers are moments, in order of time", () => {
    expect(
      injected([
        { atMs: 20, kind: "odd", accountId: "alex" },
        { atMs: 10, kind: "cut", assetId: "car-0001" },
      ]),
    ).toEqual([
      { kind: "cut", faultClass: "transient", fromMs: 10, toMs: 10, assetId: "car-0001" },
      { kind: "odd", faultClass: null, fromMs: 20, toMs: 20, accountId: "alex" },
    ]);
  });

  it("of spans end now if they are not over, and are not told before they begin", () => {
    const spans = injected([
      { atMs: 10, endsAtMs: 50, kind: "outage" },
      { atMs: 900, endsAtMs: 5000, kind: "outage" },
      { atMs: 2000, endsAtMs: 5000, kind: "outage" },
    ]);
    expect(spans.map(({ fromMs, toMs }) => [fromMs, toMs])).toEqual([
      [10, 50],
      [900, NOW_MS],
    ]);
  });

  it("that last are one for each subject, from their beginning", () => {
    const entry = { kind: "scope" as const, assetId: "car-0001" };
    const log = [
      { ...entry, atMs: 30 },
      { ...entry, atMs: 10 },
      { ...entry, atMs: 20, assetId: "car-0002" },
      { ...entry, atMs: -5, assetId: "car-0003" },
    ];
    expect(injected(log)).toMatchObject([
      { assetId: "car-0003", fromMs: 0, toMs: NOW_MS },
      { ...entry, faultClass: "customer-must-act", fromMs: 10, toMs: NOW_MS, onlyIfAsked: true },
      { ...entry, faultClass: "customer-must-act", fromMs: 20, toMs: NOW_MS, onlyIfAsked: true, assetId: "car-0002" },
    ]);
  });

  it("of a dead login end when its customer links it anew, and may come again", () => {
    const entry = { kind: "revoked" as const, accountId: "alex" };
    const log = [10, 20, 300].map((atMs) => ({ ...entry, atMs }));
    const links = [
      { atMs: 5, accountId: "alex" },
      { atMs: 50, accountId: "sam" },
      { atMs: 100, accountId: "alex" },
    ];
    expect(injected(log, links).map(({ fromMs, toMs }) => [fromMs, toMs])).toEqual([
      [10, 100],
      [300, NOW_MS],
    ]);
  });
});
