import type { Manifest } from "../../../shared/domain/manifest.ts";

export const manifest: Manifest = {
  name: "easee",
  vendor: "Easee",
  family: "charger",
  owner: "integrations",
  docsUrl: "https://developer.easee.com/reference",
  capabilities: ["power", "energy", "plugged", "charge.start", "charge.stop"],
  endpoints: { EASEE_API_URL: "https://api.easee.com" },
  streams: [
    {
      stream: "charge",
      // A look is one call. Of the 500 calls in 5 minutes that a login has, 67 a minute are leased: at these cadences an
      // operator's single login carries some 330 chargers. A charger with nothing plugged in is looked at as often: one
      // that begins by itself at plug-in draws at the evening's prices until it is seen.
      cadence: { idleMinutes: 5, pluggedMinutes: 5, chargingMinutes: 5, openCommandMinutes: 1 },
    },
  ],
  // Two batches of five calls, some 0.3 s each, keep even a burst on one login near half of its limit.
  limits: { batchSize: 25, concurrency: 5, batchesAtOnce: 2 },
  // The state is only for a charger that leaves values out, the wake asks a silent one to report.
  callsPerLook: { data: 1, state: 1, wake: 1 },
  // A look, the current and the start with what became of each, and a report when nothing had to change.
  callsPerCommand: { data: 1, state: 3, command: 2, wake: 1 },
  // For each login, and for each charger's requests to report; as Easee's clients have met them.
  rateLimits: [
    { scope: "account", calls: 500, perMinutes: 5 },
    { scope: "device", calls: 1, perMinutes: 3, kinds: ["wake"] },
  ],
  // Easee bills nothing.
  priceUsd: { state: 0, data: 0, command: 0, wake: 0 },
  // A login brings its own user name and password, sealed with its tokens; we have none that all customers share.
  secretKeys: [],
  // A refresh token is good once, and nothing is documented about a second use. A stored password heals a lost one.
  refreshSemantics: "strict",
  // A charger may delay any change by up to ten minutes (SI 2021/1467), so nothing is missed before eleven.
  confirmWithinMs: { "charge.start": 11 * 60_000, "charge.stop": 11 * 60_000 },
  onFailure: {
    impact:
      "Chargers of Easee customers are not read or commanded; each limit ends by itself and the charger is as its owner set it.",
    runbook: "docs/runbooks/integration.md",
  },
};
