import type { Manifest } from "../../shared/domain/manifest.ts";

const common = {
  owner: "simulation",
  docsUrl: "https://vendor.example",
  secretKeys: [],
  confirmWithinMs: { "charge.start": 11 * 60_000, "charge.stop": 11 * 60_000 },
  onFailure: { impact: "Assets of this simulated vendor are not read.", runbook: "docs/runbooks/integration.md" },
} satisfies Partial<Manifest>;

/** A vendor of cars: a login for each, limits for each car and for our application as a whole. */
export const CARS: Manifest = {
  ...common,
  name: "acorn-cars",
  vendor: "Acorn",
  family: "vehicle",
  capabilities: ["soc", "power", "plugged", "charge.start", "charge.stop", "wake"],
  endpoints: { ACORN_API_URL: "https://acorn.example" },
  streams: [
    {
      stream: "charge",
      cadence: { idleMinutes: 15, pluggedMinutes: 30, chargingMinutes: 20, openCommandMinutes: 1 },
    },
  ],
  limits: { batchSize: 5, concurrency: 3, batchesAtOnce: 4 },
  callsPerLook: { data: 1 },
  callsPerCommand: { data: 1, wake: 1, command: 2 },
  rateLimits: [
    { scope: "device", calls: 10, perMinutes: 1 },
    { scope: "application", calls: 120, perMinutes: 1 },
  ],
  priceUsd: { state: 0.002, data: 0.002, command: 0.001, wake: 0.02 },
  refreshSemantics: "grace",
};

/** A vendor of chargers: an operator's login reaches many, and its limit is shared by them. */
export const PLUGS: Manifest = {
  ...common,
  name: "birch-plugs",
  vendor: "Birch",
  family: "charger",
  capabilities: ["power", "energy", "plugged", "charge.start", "charge.stop"],
  endpoints: { BIRCH_API_URL: "https://birch.example" },
  streams: [
    {
      stream: "charge",
      cadence: { idleMinutes: 15, pluggedMinutes: 20, chargingMinutes: 15, openCommandMinutes: 1 },
    },
  ],
  limits: { batchSize: 4, concurrency: 2, batchesAtOnce: 2 },
  callsPerLook: { data: 1 },
  callsPerCommand: { data: 1, command: 2 },
  rateLimits: [{ scope: "account", calls: 60, perMinutes: 5 }],
  priceUsd: { state: 0, data: 0, command: 0, wake: 0 },
  refreshSemantics: "strict",
};

export const MANIFESTS = [CARS, PLUGS];
