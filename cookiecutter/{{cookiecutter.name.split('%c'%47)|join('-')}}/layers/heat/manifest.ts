import type { Manifest } from "../../../shared/domain/manifest.ts";
import { API_URL } from "./endpoint.ts";

export const manifest: Manifest = {
  name: "{{cookiecutter.name}}",
  vendor: "{{cookiecutter.vendor}}",
  family: "heat-pump",
  owner: "{{cookiecutter.owner}}",
  docsUrl: "{{cookiecutter.docs_url}}",
  capabilities: ["power", "temperature", "heat.mode"],
  // TODO: the vendor's own address.
  endpoints: { [API_URL]: "https://api.vendor.example" },
  // TODO: justify the cadence by the vendor's limits, and state them as `rateLimits`.
  streams: [
    {
      stream: "heat",
      cadence: { idleMinutes: 30, pluggedMinutes: 15, chargingMinutes: 10, openCommandMinutes: 1 },
    },
  ],
  limits: { batchSize: 25, concurrency: 5, batchesAtOnce: 4 },
  // TODO: the most calls of a look, and of a command with what goes before and after it.
  callsPerLook: { data: 1 },
  callsPerCommand: { data: 1, command: 1 },
  // TODO: what the vendor bills for each call.
  priceUsd: { state: 0, data: 0, command: 0, wake: 0 },
  secretKeys: ["clientId", "clientSecret"],
  // TODO: what the vendor does with a refresh token that was used before.
  refreshSemantics: "strict",
  confirmWithinMs: { "heat.mode": 900_000 },
  onFailure: {
    impact: "Devices of this vendor's customers are not read or commanded; each goes on as its owner has set it.",
    runbook: "docs/runbooks/integration.md",
  },
};
