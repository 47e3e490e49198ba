import { type Asset, STREAM_OF_KIND } from "../domain/asset.ts";
import type { NewEvent } from "../domain/events.ts";
import { epochMs } from "../domain/instant.ts";
import { changeMatters, MAX_CLOCK_SKEW_MS, type Reading } from "../domain/reading.ts";
import { VendorError } from "../errors.ts";
import { mapLimited } from "../map-limited.ts";
import type { Latest } from "../store/readings.ts";
import type { Look } from "./contract.ts";
import type { IntegrationDeps } from "./deps.ts";
import { faultChange, faultOf, standing } from "./fault-change.ts";
import type { PollRequest } from "./poll-request.ts";

type Outcome = { ok: boolean; recorded?: { reading: Reading; matters: boolean }; events: NewEvent[] };

/** Reads every asset of a batch, each alone: one bad device never spoils the others. */
export async function poll(request: PollRequest, deps: IntegrationDeps): Promise<{ ok: number; failed: number }> {
  if (!(await deps.schedule.claimBatch(deps.manifest.name, request.batchId, deps.now()))) {
    deps.log.info("POLL_BATCH_DUPLICATE", { batchId: request.batchId });
    return { ok: 0, failed: 0 };
  }
  const ids = request.assets.map((asset) => asset.assetId);
  const [assets, known] = await Promise.all([deps.assets.get(ids), deps.readings.latest(ids, request.stream)]);
  const awake = new Map(request.assets.map((asset) => [asset.assetId, asset.expectAwake]));

  const outcomes = await mapLimited(assets, deps.manifest.limits.concurrency, (asset) =>
    pollOne(
      asset,
      { expectAwake: awake.get(asset.assetId) ?? false, vendorDown: request.vendorDown ?? false },
      known.get(asset.assetId),
      deps,
    ),
  );

  const recorded = outcomes.flatMap((outcome) => outcome.recorded ?? []);
  const events = outcomes.flatMap((outcome) => outcome.events);
  if (recorded.length > 0) events.unshift(telemetryRecorded(deps.manifest.name, recorded));
  if (events.length > 0) await deps.bus.publish(events);

  const ok = outcomes.filter((outcome) => outcome.ok).length;
  const result = { ok, failed: ids.length - ok };
  await deps.schedule.finishBatch(deps.manifest.name, request.batchId, { ...result, finishedAt: deps.now() });
  return result;
}

async function pollOne(
  asset: Asset,
  { expectAwake, vendorDown }: { expectAwake: boolean; vendorDown: boolean },
  known: Latest | undefined,
  deps: IntegrationDeps,
): Promise<Outcome> {
  try {
    const accessToken = await deps.tokens.accessToken(asset.accountId);
    const look = await deps.withToken(asset, accessToken, (token) =>
      deps.vendor.look({ asset, accessToken: token, last: known?.reading }, { expectAwake }),
    );
    const recorded = await record(asset, look, deps);
    return { ok: true, ...(recorded ? { recorded } : {}), events: faultChange(asset, known, undefined) };
  } catch (error) {
    const fault = standing(faultOf(error), vendorDown);
    if (error instanceof VendorError)
      deps.log.warn("POLL_FAILED", { assetId: asset.assetId, fault, reason: error.message });
    else deps.log.error("POLL_FAILED", error, { assetId: asset.assetId });
    await deps.readings.recordFailure(asset.assetId, STREAM_OF_KIND[asset.kind], {
      lastFetchedAt: deps.now(),
      online: fault === "device-offline" ? false : null,
      failures: (known?.reach.failures ?? 0) + 1,
      faultClass: fault,
    });
    return { ok: false, events: faultChange(asset, known, fault) };
  }
}

/**
 * Stores what a look gave and tells what of it nobody documents; the recorded reading when it is news. Throws
 * `malformed-message` on one from the future.
 */
export async function record(
  asset: Asset,
  { online, reading, unknown = [] }: Look,
  deps: IntegrationDeps,
): Promise<Outcome["recorded"]> {
  if (unknown.length > 0) {
    deps.meter.count("vendor_words_unknown", unknown.length);
    deps.log.warn("VENDOR_WORD_UNKNOWN", {
      assetId: asset.assetId,
      words: unknown.join("; "),
      count: unknown.length,
    });
  }
  const reach = { lastFetchedAt: deps.now(), online, failures: 0, faultClass: null };
  if (!reading) {
    await deps.readings.recordFailure(asset.assetId, STREAM_OF_KIND[asset.kind], reach);
    return undefined;
  }
  if (epochMs(reading.observedAt) - epochMs(reading.receivedAt) > MAX_CLOCK_SKEW_MS) {
    deps.log.warn("READING_FROM_FUTURE", { assetId: asset.assetId, observedAt: reading.observedAt });
    // Thrown, so that it is a fault like any other: raised once, and cleared by the next sound reading.
    throw new VendorError({
      fault: "malformed-message",
      operation: "reading",
      message: "the device's clock is ahead of ours",
    });
  }
  const { stored, previous } = await deps.readings.record(reading, reach);
  if (!stored) {
    if (previous && previous.observedAt > reading.observedAt)
      deps.log.info("READING_OLDER", { assetId: asset.assetId });
    return undefined;
  }
  return { reading, matters: changeMatters(previous, reading) };
}

export function telemetryRecorded(integration: string, recorded: { reading: Reading; matters: boolean }[]): NewEvent {
  return {
    name: "TelemetryRecorded",
    detail: {
      integration,
      matters: recorded.some((one) => one.matters),
      readings: recorded.map(({ reading, matters }) => ({
        assetId: reading.assetId,
        stream: reading.stream,
        observedAt: reading.observedAt,
        matters,
      })),
    },
  };
}
