import type { EventName } from "../../shared/domain/events.ts";
import type { Json, JsonObject } from "../json.ts";

/** What of the deployed stack the world imitates. A test holds it to the template: what it says is what deploys. */
export type QueueFacts = {
  name: string;
  consumer: string;
  patterns: JsonObject[];
  batchSize: number;
  windowSeconds: number;
  visibilitySeconds: number;
  maxReceiveCount: number;
};

const pattern = (events: readonly EventName[], detail?: Record<string, Json[]>): JsonObject => ({
  source: ["headroom"],
  "detail-type": [...events],
  ...(detail && { detail }),
});

export const PLATFORM_QUEUES: readonly QueueFacts[] = [
  {
    name: "replan",
    consumer: "optimiser",
    patterns: [
      pattern([
        "SignalUpdated",
        "GridEventChanged",
        "AssetEnrolled",
        "CommandMissed",
        "CommandRejected",
        "CommandExpired",
        "ControlSwitched",
      ]),
      pattern(["TelemetryRecorded"], { matters: [true] }),
    ],
    batchSize: 100,
    windowSeconds: 30,
    visibilitySeconds: 360,
    maxReceiveCount: 5,
  },
  {
    name: "verify",
    consumer: "verifier",
    patterns: [pattern(["TelemetryRecorded", "CommandAccepted"])],
    batchSize: 50,
    windowSeconds: 5,
    visibilitySeconds: 360,
    maxReceiveCount: 5,
  },
];

/** The command queue of one integration. */
export function commandQueue(integration: string, name: string): QueueFacts {
  return {
    name,
    consumer: integration,
    patterns: [pattern(["CommandIssued"], { integration: [integration] })],
    batchSize: 10,
    windowSeconds: 0,
    visibilitySeconds: 180,
    maxReceiveCount: 8,
  };
}

/** How long an asynchronous event of a function may wait, ms, and how often it is tried again. */
export const ASYNCHRONOUS = {
  signals: { maxAgeMs: 900_000, retries: 2 },
  scheduler: { maxAgeMs: 60_000, retries: 0 },
  optimiser: { maxAgeMs: 60_000, retries: 0 },
  verifier: { maxAgeMs: 60_000, retries: 0 },
  integration: { maxAgeMs: 300_000, retries: 0 },
} as const;

/** How long an invocation of a function may take, ms. */
export const TIMEOUT_MS = {
  signals: 60_000,
  scheduler: 90_000,
  optimiser: 60_000,
  verifier: 60_000,
  integration: 30_000,
} as const;
