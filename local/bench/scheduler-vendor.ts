import type { Asset } from "../../shared/domain/asset.ts";
import { hash32 } from "../../shared/domain/hash.ts";
import { instant } from "../../shared/domain/instant.ts";
import type { Manifest } from "../../shared/domain/manifest.ts";
import { VendorError } from "../../shared/errors.ts";
import type { VendorClient } from "../../shared/integration/contract.ts";
import type { VirtualTime } from "./virtual-time.ts";

/** One cadence for all, batches of 50 with 25 calls in flight. */
export const BENCH_MANIFEST: Manifest = {
  name: "bench-cars",
  vendor: "Bench",
  family: "vehicle",
  owner: "bench",
  docsUrl: "https://bench.test/docs",
  capabilities: ["soc", "plugged"],
  endpoints: {},
  streams: [
    {
      stream: "charge",
      cadence: { idleMinutes: 15, pluggedMinutes: 15, chargingMinutes: 15, openCommandMinutes: 1 },
    },
  ],
  limits: { batchSize: 50, concurrency: 25, batchesAtOnce: 8 },
  callsPerLook: { data: 1 },
  callsPerCommand: { command: 1 },
  // Of a minute's limit the budget lends two fifths, so that no minute ever has more: 150 calls a second.
  rateLimits: [{ scope: "application", calls: 22_500, perMinutes: 1 }],
  priceUsd: { state: 0, data: 0, command: 0, wake: 0 },
  secretKeys: [],
  refreshSemantics: "strict",
  confirmWithinMs: {},
  onFailure: { impact: "Nothing: this vendor is not there.", runbook: "docs/runbooks/integration.md" },
};

/** The same vendor, everybody looked at every so many minutes. */
export function benchManifest(periodMinutes: number): Manifest {
  const streams = BENCH_MANIFEST.streams.map(({ stream, cadence }) => ({
    stream,
    cadence: {
      ...cadence,
      idleMinutes: periodMinutes,
      pluggedMinutes: periodMinutes,
      chargingMinutes: periodMinutes,
    },
  }));
  return { ...BENCH_MANIFEST, streams };
}

/** A call takes 0.6 s in the mean, each asset's within a third of it. */
const CALL_MS = 600;
/** The share of looks that show something that plans rest on, as in the cost model that the target comes from. */
const CHANGING_SHARE = 0.1;

/** A vendor whose cars are plugged in and now and then gain a percent; it counts its calls by the second. */
export function benchVendor(time: VirtualTime, startMs: number) {
  const callsInSecond: number[] = [];
  const socSteps = new Map<string, number>();
  let downUntilMs = 0;
  let looks = 0;
  let probes = 0;
  /** Moments, ms, by asset. */
  const answeredMs = new Map<string, number[]>();

  const look = async (asset: Asset) => {
    const second = Math.floor((time.nowMs() - startMs) / 1000);
    callsInSecond[second] = (callsInSecond[second] ?? 0) + 1;
    looks += 1;
    const isDown = time.nowMs() < downUntilMs;
    if (isDown) probes += 1;
    await time.sleep(CALL_MS * (2 / 3 + (2 / 3) * (hash32(`call ${asset.assetId}`) / 2 ** 32)));
    if (isDown) throw new VendorError({ fault: "vendor-outage", operation: "look", message: "down", status: 503 });
    const { assetId } = asset;
    const now = instant(time.nowMs());
    const isNews = hash32(`${assetId} ${now}`) < CHANGING_SHARE * 2 ** 32;
    const steps = (socSteps.get(assetId) ?? hash32(assetId) % 50) + (isNews ? 1 : 0);
    socSteps.set(assetId, steps);
    const moments = answeredMs.get(assetId);
    if (moments) moments.push(time.nowMs());
    else answeredMs.set(assetId, [time.nowMs()]);
    const socPercent = 20 + (steps % 60);
    return {
      online: true,
      reading: {
        assetId,
        stream: "charge" as const,
        observedAt: now,
        receivedAt: now,
        state: "stopped" as const,
        plugged: true,
        powerKw: 0,
        socPercent,
        storedKwh: (socPercent * 60) / 100,
        sessionKwh: null,
        chargeLimitPercent: 80,
        currentLimitA: 32,
        ownScheduleActive: false,
      },
    };
  };
  const never = () => Promise.reject(new Error("the benchmark sends no commands"));
  const client: VendorClient = { look: ({ asset }) => look(asset), prepare: never, command: never };
  return {
    client,
    callsInSecond,
    /** When each asset was first answered for since a moment, ms, in order. */
    firstAnswersSince: (sinceMs: number) =>
      [...answeredMs.values()]
        .flatMap((moments) => moments.find((moment) => moment >= sinceMs) ?? [])
        .sort((a, b) => a - b),
    looks: () => looks,
    probes: () => probes,
    goDownUntil: (untilMs: number) => {
      downUntilMs = untilMs;
    },
  };
}
