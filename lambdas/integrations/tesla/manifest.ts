import type { Manifest } from "../../../shared/domain/manifest.ts";

export const manifest: Manifest = {
  name: "tesla",
  vendor: "Tesla",
  family: "vehicle",
  owner: "integrations",
  docsUrl: "https://developer.tesla.com/docs/fleet-api",
  capabilities: ["soc", "power", "plugged", "charge.start", "charge.stop", "wake"],
  endpoints: {
    // The Europe region also serves the Middle East and Africa. A compatible service (README) goes here and below.
    TESLA_API_URL: "https://fleet-api.prd.eu.vn.cloud.tesla.com",
    // Where commands go: the signing proxy, for cars made since about 2021. As it stands, unsigned.
    TESLA_COMMAND_URL: "https://fleet-api.prd.eu.vn.cloud.tesla.com",
    // Token exchange moved here from auth.tesla.com in August 2025.
    TESLA_AUTH_URL: "https://fleet-auth.prd.vn.cloud.tesla.com",
  },
  streams: [
    {
      stream: "charge",
      // A look costs 0.2 US cents a call, and looking more often than every 15 minutes keeps an idle car from falling asleep.
      cadence: { idleMinutes: 15, pluggedMinutes: 30, chargingMinutes: 10, openCommandMinutes: 1 },
    },
  ],
  limits: { batchSize: 25, concurrency: 10, batchesAtOnce: 5 },
  callsPerLook: { state: 1, data: 1 },
  // Where it is, waking it, the current and the start.
  callsPerCommand: { state: 1, wake: 1, command: 2 },
  // For each car; a look is one call of each kind at most.
  rateLimits: [
    { scope: "device", calls: 60, perMinutes: 1, kinds: ["state", "data"] },
    { scope: "device", calls: 30, perMinutes: 1, kinds: ["command"] },
    { scope: "device", calls: 3, perMinutes: 1, kinds: ["wake"] },
  ],
  // developer.tesla.com billing-and-limits: 500 looks, 1,000 commands or 50 wakes per dollar, errors below 500 included.
  priceUsd: { state: 1 / 500, data: 1 / 500, command: 1 / 1000, wake: 1 / 50 },
  // A car's day at this cadence is some 72 looks at its state and 15 at its data, two wakes and a dozen commands: 0.23
  // dollars, 7.10 a month. A quarter more is for what goes wrong and is done again.
  budgetUsdPerDeviceMonth: 9,
  secretKeys: ["clientId", "clientSecret"],
  refreshSemantics: "grace",
  // A charger may delay any change by up to ten minutes (SI 2021/1467), so nothing is missed before eleven.
  confirmWithinMs: { "charge.start": 11 * 60_000, "charge.stop": 11 * 60_000 },
  onFailure: {
    impact: "Cars of Tesla customers are not read or commanded; each falls back to its owner's own schedule.",
    runbook: "docs/runbooks/integration.md",
  },
};
