import type { Manifest } from "../../../shared/domain/manifest.ts";

export const manifest: Manifest = {
  name: "myuplink",
  vendor: "myUplink",
  family: "heat-pump",
  owner: "integrations",
  docsUrl: "https://dev.myuplink.com",
  capabilities: ["temperature", "power", "heat.mode"],
  // The login and the data live on one host.
  endpoints: { MYUPLINK_API_URL: "https://api.myuplink.com" },
  streams: [
    {
      stream: "heat",
      // A look is three calls, and a login has 25 a minute. Water and rooms change within tens of minutes, and the cloud
      // shows a new setting within one: even looked at for a command, a pump takes 1.5 calls of those 25.
      cadence: { idleMinutes: 30, pluggedMinutes: 15, chargingMinutes: 10, openCommandMinutes: 2 },
    },
  ],
  // The vendor counts by login, as far as is known, so these only spare its cloud a burst.
  limits: { batchSize: 25, concurrency: 4, batchesAtOnce: 4 },
  // The system, on an installer's second page perhaps; its points and its mode.
  callsPerLook: { state: 2, data: 2 },
  // Whether it is connected, the system, points and mode; two settings, and what explains a refusal.
  callsPerCommand: { state: 2, data: 3, command: 2 },
  // Each answer tells it (`RateLimit-Limit: 25`). Whose calls are counted together is not written; see README.md.
  rateLimits: [{ scope: "account", calls: 25, perMinutes: 1 }],
  priceUsd: { state: 0, data: 0, command: 0, wake: 0 },
  secretKeys: ["clientId", "clientSecret"],
  // The vendor gives a new refresh token each time and promises nothing about the old one: it is taken as dead.
  refreshSemantics: "strict",
  // A setting shows after 5 to 60 s, and then some sensor must have reported: a resting pump's may be silent for minutes.
  confirmWithinMs: { "heat.mode": 20 * 60_000 },
  onFailure: {
    impact: "Heat pumps of myUplink customers are not read or shifted; each keeps the mode that it has.",
    runbook: "docs/runbooks/integration.md",
  },
};
