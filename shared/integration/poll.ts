import { LoginWaits } from "../auth.ts";
import { type Asset, STREAM_OF_KIND } from "../domain/asset.ts";
import type { FaultClass } from "../domain/fault.ts";
import { epochMs, type Instant } from "../domain/instant.ts";
import { CLOUD, isOutageEvidence, type OutageCause } from "../domain/outage.ts";
import { changeMatters, MAX_CLOCK_SKEW_MS, type Reachability, type Stream } from "../domain/reading.ts";
import { triage } from "../domain/triage.ts";
import { VendorError } from "../errors.ts";
import { mapLimited } from "../map-limited.ts";
import type { Latest, ToTell } from "../store/readings.ts";
import { tally } from "../tally.ts";
import { type Ask, askAgain, leaseLooks, planNext, type Unreached, worthALook } from "./batch.ts";
import { countLooks } from "./call-metrics.ts";
import type { Look } from "./contract.ts";
import type { IntegrationDeps } from "./deps.ts";
import { faultChange, faultEvents, outageNow, saidBy } from "./fault-change.ts";
import type { PollRequest } from "./poll-request.ts";
import { newsOf, type Recorded, TELLS_ITSELF, tellBatch } from "./tell.ts";

/** `said` is what the vendor's answer says by itself: the evidence of the ledger. */
type Outcome = { asset: Asset; said?: FaultClass; loginWaits?: boolean; recorded?: Recorded; reach: Reachability };
type OutageNow = () => Promise<OutageCause | undefined>;

/** A look that begins with less time left than this, ms, may not end: a vendor's call may take 12 s. */
const LOOK_MS = 15_000;
/** So many looks of a batch, all failed for the vendor's own reasons: the others would too. */
const OUTAGE_AFTER = 5;
/** So many of those whose looks failed are evidence enough. */
const ACCOUNTS_NAMED = 10;

/**
 * Reads every asset of a batch, each alone: one bad device never spoils the others. Whom time, budget or the vendor leave
 * no room for is counted and asked for again.
 */
export async function poll(
  request: PollRequest,
  deps: IntegrationDeps,
): Promise<{ ok: number; failed: number; notAttempted: number }> {
  const { name } = deps.manifest;
  const { batchId } = request;
  const assets = request.assets.length;
  if (!(await deps.schedule.claimBatch(name, batchId, { assets, startedAt: deps.now() }))) {
    deps.log.info("POLL_BATCH_DUPLICATE", { batchId });
    return { ok: 0, failed: 0, notAttempted: 0 };
  }
  const result = deps.now() >= request.notAfter ? await leave(request, deps) : await look(request, deps);
  await deps.schedule.finishBatch(name, batchId, { ...result, finishedAt: deps.now() });
  const { ok, notAttempted } = result;
  return { ok, failed: assets - ok - notAttempted, notAttempted };
}

/** Too late for a batch: its assets have another turn, and only proofs do not wait for that. */
async function leave(request: PollRequest, deps: IntegrationDeps) {
  deps.log.warn("POLL_BATCH_LATE", { batchId: request.batchId, notAfter: request.notAfter });
  const assets = await deps.assets.get(request.assets.map(({ assetId }) => assetId));
  const asks = asksOf(request, assets, new Map());
  await askAgain(
    asks.filter(({ why }) => why === "command").map((ask) => ({ ask, because: "late" })),
    request.stream,
    deps,
  );
  return { ok: 0, notAttempted: request.assets.length, faults: {}, failedAccounts: [] };
}

async function look(request: PollRequest, deps: IntegrationDeps) {
  const ids = request.assets.map((asset) => asset.assetId);
  const [assets, known] = await Promise.all([deps.assets.get(ids), deps.readings.latest(ids, request.stream)]);
  const toldBy = await endedBatches(known, deps);
  const asks = await worthALook(asksOf(request, assets, known), request, deps);
  const { granted, refused } = await leaseLooks(asks, deps);

  const unreached: Unreached[] = [...refused];
  let outage: ReturnType<OutageNow> | undefined;
  const isDown = () => {
    outage ??= outageNow(deps.manifest.name, deps);
    return outage;
  };
  let outages = 0;
  let answered = 0;
  let stopped: Omit<Unreached, "ask"> | undefined;
  const outcomes = await mapLimited(granted, deps.manifest.limits.concurrency, async (ask) => {
    if (!stopped && deps.remainingMs() < LOOK_MS) stopped = { because: "time" };
    if (stopped) {
      unreached.push({ ask, ...stopped });
      return undefined;
    }
    const { error, ...outcome } = await pollOne(ask, request, { isDown, toldBy }, deps);
    if (outcome.said && CLOUD.includes(outcome.said)) outages += 1;
    else answered += 1;
    if (error instanceof VendorError && error.fault === "rate-limited") {
      await deps.budget.block(ask.asset, error);
      stopped ??= { because: "rate", retryAfterMs: error.retryAfterMs };
    }
    if (answered === 0 && outages >= OUTAGE_AFTER) stopped ??= { because: "outage" };
    return outcome;
  });
  await deps.budget.settle(granted.map(({ asset }) => asset));
  await askAgain(unreached, request.stream, deps);

  const done = outcomes.filter((outcome) => outcome !== undefined);
  const recorded = done.flatMap((outcome) => outcome.recorded ?? []);
  const owing = done.filter(({ reach }) => reach.owes !== undefined);
  const events = owing.flatMap(({ asset, reach }) => faultEvents(asset, reach.owes ?? []));
  await tellBatch(deps.manifest.name, recorded, events, deps);
  for (const { asset, reach } of owing) {
    const { owes: _, ...told } = reach;
    await deps.readings.recordFailure(asset.assetId, request.stream, told);
  }

  countLooks(
    done.map(({ asset, said, loginWaits = false, reach }) => ({
      ...{ accountId: asset.accountId, said, loginWaits },
      found: reach.faultClass,
    })),
    deps.meter,
  );
  const gone = ids.length - assets.length;
  // Of a login that waits the vendor said nothing about itself: no evidence of an outage.
  const judged = done.filter(({ loginWaits }) => !loginWaits);
  const notAttempted = unreached.length + done.length - judged.length;
  const failures = judged.flatMap(({ said }) => said ?? []);
  const faults: Partial<Record<FaultClass, number>> = tally(failures, (fault) => fault);
  const failedAccounts = new Set(
    judged.flatMap(({ said, asset }) => (said && isOutageEvidence(said) ? asset.accountId : [])),
  );
  if (gone > 0) faults["our-configuration"] = (faults["our-configuration"] ?? 0) + gone;
  return {
    ok: ids.length - gone - failures.length - notAttempted,
    notAttempted,
    faults,
    failedAccounts: [...failedAccounts].slice(0, ACCOUNTS_NAMED),
  };
}

/** Of the batches that were to tell of what is known, those that ended: they told. */
async function endedBatches(known: ReadonlyMap<string, Latest>, deps: IntegrationDeps): Promise<Set<string>> {
  const named = new Set([...known.values()].flatMap(({ untoldBy }) => untoldBy ?? []));
  named.delete(TELLS_ITSELF);
  return named.size > 0 ? deps.schedule.ended(deps.manifest.name, [...named]) : new Set();
}

function asksOf({ assets: asked }: PollRequest, assets: readonly Asset[], known: Map<string, Latest>): Ask[] {
  const byId = new Map(assets.map((asset) => [asset.assetId, asset]));
  return asked.flatMap((one) => {
    const asset = byId.get(one.assetId);
    return asset ? [{ ...one, asset, known: known.get(one.assetId) }] : [];
  });
}

async function pollOne(
  ask: Ask,
  { stream, batchId }: PollRequest,
  { isDown, toldBy }: { isDown: OutageNow; toldBy: ReadonlySet<string> },
  deps: IntegrationDeps,
): Promise<Outcome & { error?: unknown }> {
  const { asset, known, expectAwake } = ask;
  const isTold = known?.untoldBy !== undefined && toldBy.has(known.untoldBy);
  const owed = isTold ? undefined : known;
  let recorded: Recorded | undefined;
  /** Until the write is answered nobody knows whether it was stored: then it is told of, and a word too many does no harm. */
  let unsure: Recorded | undefined;
  try {
    const accessToken = await deps.tokens.accessToken(asset.accountId);
    const look = await deps.withToken(asset, accessToken, (token) =>
      deps.vendor.look({ asset, accessToken: token, last: known?.reading }, { expectAwake, stream }),
    );
    const note = isTold ? { toldBy: known.untoldBy } : known?.untoldBy === undefined ? {} : { untoldBy: batchId };
    unsure = look.reading && { reading: look.reading, matters: true };
    recorded = await record(asset, look, deps, { stream, known, by: batchId, note });
    unsure = undefined;
    const reach = reached(look, known, deps);
    await planNext(ask, { reading: recorded?.reading ?? known?.reading, reach }, stream, deps);
    return { asset, reach, ...told(newsOf(recorded, owed)) };
  } catch (error) {
    // What a vendor's fault refused was not written.
    if (error instanceof VendorError) unsure = undefined;
    const said = saidBy(error);
    const failures = (known?.reach.failures ?? 0) + 1;
    const standing = known?.reach.faultClass ?? null;
    const fault = triage({ said, outage: await isDown(), failures, standing });
    const { assetId, accountId } = asset;
    if (error instanceof VendorError)
      deps.log.warn("POLL_FAILED", { assetId, accountId, fault, reason: error.message });
    else deps.log.error("POLL_FAILED", error, { assetId, accountId, fault });
    const owes = faultChange(known, fault);
    const reach = {
      lastFetchedAt: deps.now(),
      online: fault === "device-offline" ? false : null,
      failures,
      faultClass: fault,
      ...(error instanceof FutureReading ? { quarantined: error.observedAt } : {}),
      ...(owes.length > 0 ? { owes } : {}),
    };
    await deps.readings.recordFailure(asset.assetId, stream, reach);
    const retryAfterMs = error instanceof VendorError ? error.retryAfterMs : undefined;
    await planNext(ask, { reading: known?.reading, reach, retryAfterMs }, stream, deps);
    const loginWaits = error instanceof LoginWaits;
    return { asset, said: said ?? "our-fault", loginWaits, error, reach, ...told(newsOf(recorded ?? unsure, owed)) };
  }
}

function told(recorded: Recorded | undefined): Pick<Outcome, "recorded"> {
  return recorded ? { recorded } : {};
}

/** A look that the vendor answered, and what it owes to people. */
function reached({ online }: Look, known: Latest | undefined, deps: Pick<IntegrationDeps, "now">): Reachability {
  const owes = faultChange(known, undefined);
  return { lastFetchedAt: deps.now(), online, failures: 0, faultClass: null, ...(owes.length > 0 ? { owes } : {}) };
}

/** Thrown, so that it is a fault like any other: raised once, and cleared by the next sound reading. */
class FutureReading extends VendorError {
  readonly observedAt: Instant;

  constructor(observedAt: Instant) {
    super({ fault: "malformed-message", operation: "reading", message: "the device's clock is ahead of ours" });
    this.observedAt = observedAt;
  }
}

/**
 * Stores what a look gave and tells what of it nobody documents; the recorded reading when it is news. Where that matters
 * `by` is noted as who is to tell of it, else `note`. Throws `malformed-message` on one from the future.
 */
export async function record(
  asset: Asset,
  look: Look,
  deps: IntegrationDeps,
  {
    stream = STREAM_OF_KIND[asset.kind],
    known,
    by,
    note,
  }: { stream?: Stream; known: Latest | undefined; by: string; note?: ToTell },
): Promise<Recorded | undefined> {
  const { reading, unknown = [] } = look;
  if (unknown.length > 0) {
    deps.meter.add("vendor_words_unknown", unknown.length);
    deps.log.warn("VENDOR_WORD_UNKNOWN", {
      assetId: asset.assetId,
      words: unknown.join("; "),
      count: unknown.length,
    });
  }
  const reach = reached(look, known, deps);
  if (!reading) {
    await deps.readings.recordFailure(asset.assetId, stream, reach);
    return undefined;
  }
  if (epochMs(reading.observedAt) - epochMs(reading.receivedAt) > MAX_CLOCK_SKEW_MS) {
    deps.log.warn("READING_FROM_FUTURE", { assetId: asset.assetId, observedAt: reading.observedAt });
    throw new FutureReading(reading.observedAt);
  }
  const { stored, previous } = await deps.readings.record(
    reading,
    reach,
    changeMatters(known?.reading, reading) ? { untoldBy: by } : note,
  );
  if (!stored) {
    if (previous && previous.observedAt > reading.observedAt)
      deps.log.info("READING_OLDER", { assetId: asset.assetId });
    return undefined;
  }
  return { reading, matters: changeMatters(previous, reading) };
}
