import type { Manifest } from "../../../shared/domain/manifest.ts";
import { CALLS_PER_MINUTE, CREDITS_PER_MONTH } from "./vendor-plan.ts";

export const manifest: Manifest = {
  name: "solaredge",
  vendor: "SolarEdge",
  family: "solar-site",
  owner: "integrations",
  docsUrl: "https://api-docs.solaredge.com",
  capabilities: ["production", "energy", "power"],
  endpoints: { SOLAREDGE_API_URL: "https://monitoringapi.solaredge.com/v2" },
  streams: [
    {
      stream: "production",
      // A look is one credit, two where a meter is read too, and 2,000 a month are all there are on the free tier. Hourly
      // through the 17 light hours of an English June and every three hours at night is 20 a day, 620 a month: three
      // sites without a meter, or one with a meter and one without. For more, buy a tier and correct vendor-plan.ts.
      // Without commands nothing ever waits for a proof.
      cadence: { idleMinutes: 180, pluggedMinutes: 60, chargingMinutes: 60, openCommandMinutes: 60 },
    },
  ],
  // One at a time: ten calls a minute are no work, and credits are counted in one process.
  limits: { batchSize: 10, concurrency: 1, batchesAtOnce: 1 },
  // Energy and the meters, and once a week whether there are any.
  callsPerLook: { state: 1, data: 2 },
  callsPerCommand: {},
  rateLimits: [
    { scope: "application", calls: CALLS_PER_MINUTE, perMinutes: 1 },
    { scope: "application", calls: CREDITS_PER_MONTH, perMinutes: 31 * 24 * 60 },
  ],
  priceUsd: { state: 0, data: 0, command: 0, wake: 0 },
  secretKeys: ["clientId", "clientSecret"],
  // A used refresh token dies at once, and an unused one after 30 days. An access token lives two hours, less than the
  // slowest cadence, so that every look at night renews the chain and no winter or pause lets it die.
  refreshSemantics: "strict",
  confirmWithinMs: {},
  onFailure: {
    impact:
      "Solar production of SolarEdge sites is unknown to the plan, which then counts on none; nothing is commanded.",
    runbook: "docs/runbooks/integration.md",
  },
};
