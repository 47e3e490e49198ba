import { between, draw, pick } from "../../../shared/integration/simulation-random.ts";
import type { CallFault, FaultRule, FaultScript } from "./simulator-faults.ts";
import type { SiteSpec } from "./simulator-spec.ts";

const MINUTE_MS = 60_000;

type Night = { seed: number; sites: readonly SiteSpec[]; startsAtMs: number; endsAtMs: number };

type Dose = {
  /** Share of sites whose calls go wrong now and then, and in how many ways. */
  share: number;
  kinds: number;
  probability: number;
  times: number;
  outages: number;
  /** Shares of sites; at least one each when above zero. */
  gatewaysLost: number;
  missingScopes: number;
  lostRotations: number;
};

const DOSES: Record<"some" | "many", Dose> = {
  some: {
    share: 0.33,
    kinds: 1,
    probability: 0.3,
    times: 2,
    outages: 1,
    gatewaysLost: 0,
    missingScopes: 0,
    lostRotations: 0,
  },
  many: {
    share: 0.7,
    kinds: 3,
    probability: 0.5,
    times: 3,
    outages: 2,
    gatewaysLost: 0.1,
    missingScopes: 0.1,
    lostRotations: 0.1,
  },
};

const PASSING: readonly [CallFault, ...CallFault[]] = [
  "server-500",
  "html-502",
  "rate-limited",
  "other-unit",
  "cut-connection",
  "empty-200",
  "token-expired-early",
  "server-503",
  "unknown-unit",
];

/** A night's faults, the same for the same seed and sites. */
export function faultPreset(level: "none" | "some" | "many", night: Night): FaultScript {
  if (level === "none" || night.sites.length === 0) return { rules: [] };
  const { seed, sites, startsAtMs, endsAtMs } = night;
  const dose = DOSES[level];
  const chosen = (share: number, topic: string) => {
    const order = [...sites].sort((a, b) => draw(seed, topic, a.siteId) - draw(seed, topic, b.siteId));
    return share === 0 ? [] : order.slice(0, Math.max(1, Math.round(share * sites.length)));
  };
  const outages = Array.from({ length: dose.outages }, (_, index): FaultRule => {
    const partMs = (endsAtMs - startsAtMs) / dose.outages;
    const atMs = Math.round(startsAtMs + partMs * (index + between(0.3, 0.7, draw(seed, "outage", index))));
    const minutes = between(15, 25, draw(seed, "outage length", index));
    return { kind: "vendor-outage", startsAtMs: atMs, endsAtMs: atMs + Math.round(minutes * MINUTE_MS) };
  });
  return {
    rules: [
      ...outages,
      ...chosen(dose.missingScopes, "scope").map(
        ({ siteId }): FaultRule => ({ kind: "missing-scope", siteIds: [siteId] }),
      ),
      ...chosen(dose.share, "passing").flatMap(({ siteId }, index) =>
        Array.from({ length: dose.kinds }, (_, nth): FaultRule => {
          const kind = pick(PASSING, ((index * dose.kinds + nth) % PASSING.length) / PASSING.length);
          return { kind, siteIds: [siteId], probability: dose.probability, times: dose.times };
        }),
      ),
      ...chosen(dose.gatewaysLost, "gateway").map(({ siteId }): FaultRule => {
        const atMs = startsAtMs + Math.round((endsAtMs - startsAtMs) * draw(seed, "silence", siteId) * 0.5);
        return { kind: "gateway-lost", siteId, startsAtMs: atMs, endsAtMs: atMs + 6 * 60 * MINUTE_MS };
      }),
      ...chosen(dose.lostRotations, "rotation").map(
        ({ accountId }): FaultRule => ({
          kind: "lost-rotation",
          accountIds: [accountId],
          startsAtMs: startsAtMs + 2 * 60 * MINUTE_MS,
          times: 1,
        }),
      ),
    ],
  };
}
