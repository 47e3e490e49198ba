import type { Manifest } from "../../../shared/domain/manifest.ts";

export const manifest: Manifest = {
  name: "viessmann",
  vendor: "Viessmann",
  family: "heat-pump",
  owner: "integrations",
  docsUrl: "https://api.viessmann-climatesolutions.com/documentation/static/iot/overview",
  capabilities: ["power", "temperature", "heat.mode"],
  endpoints: {
    // Renamed from viessmann.com in 2025, so they may move again.
    VIESSMANN_API_URL: "https://api.viessmann-climatesolutions.com",
    VIESSMANN_AUTH_URL: "https://iam.viessmann-climatesolutions.com",
  },
  streams: [
    {
      stream: "heat",
      // 1,450 calls a day for each customer and 120 in ten minutes. One look is one call: every five minutes is 288 a day,
      // which leaves room for 50 commands, each a look, at most two calls and eight looks for its proof, and for another pump.
      cadence: { idleMinutes: 10, pluggedMinutes: 5, chargingMinutes: 5, openCommandMinutes: 2 },
    },
  ],
  limits: { batchSize: 25, concurrency: 5, batchesAtOnce: 3 },
  callsPerLook: { data: 1 },
  // What the device would take, and two settings at most.
  callsPerCommand: { data: 1, command: 2 },
  // Of each customer, for calls of every kind.
  rateLimits: [
    { scope: "account", calls: 1450, perMinutes: 24 * 60 },
    { scope: "account", calls: 120, perMinutes: 10 },
  ],
  // Free up to the quota; beyond it the vendor sells packages by the application, not by the call.
  priceUsd: { state: 0, data: 0, command: 0, wake: 0 },
  // A public client: PKCE at the consent, and no secret afterwards.
  secretKeys: ["clientId"],
  // The refresh token lives 180 days and has not been seen to change: renewing twice harms nothing.
  refreshSemantics: "static",
  // The device shows a command after 5 to 60 s. The rest is for a resting plant that is in the wanted mode already: only a
  // sensor's next change shows that it still is, and water that stands cools by a tenth of a degree in some minutes.
  confirmWithinMs: { "heat.mode": 15 * 60_000 },
  onFailure: {
    impact: "Heat pumps of Viessmann customers are not read or shifted; each keeps its owner's own settings.",
    runbook: "docs/runbooks/integration.md",
  },
};
