import type { Bus } from "../../../shared/bus.ts";
import type { AssetId, Car } from "../../../shared/domain/asset.ts";
import type { Instant } from "../../../shared/domain/instant.ts";
import { asCharge, type ChargeReading, changeMatters } from "../../../shared/domain/reading.ts";
import type { Runtime } from "../../../shared/handler.ts";
import { newsOf, TELLS_ITSELF, tellReadings, withoutBatch } from "../../../shared/integration/tell.ts";
import { mapLimited } from "../../../shared/map-limited.ts";
import type { VendorMeter } from "../../../shared/metrics.ts";
import type { AssetsStore } from "../../../shared/store/assets.ts";
import type { Latest, ReadingsStore } from "../../../shared/store/readings.ts";
import { tally } from "../../../shared/tally.ts";
import { type Applied, applyRecord, DRAWING_KW } from "./telemetry.ts";
import { byTime, TelemetryRecord } from "./telemetry-record.ts";

export type TelemetryDeps = Pick<Runtime, "now" | "log"> & {
  integration: string;
  /** Undefined for a car that is not enrolled. */
  carOf(vin: string): Promise<Car | undefined>;
  assets: Pick<AssetsStore, "get">;
  readings: Pick<ReadingsStore, "latest" | "record" | "recordFailure" | "told">;
  bus: Bus;
  meter: VendorMeter;
};

const WRITES_IN_FLIGHT = 10;
/** developer.tesla.com billing-and-limits: 150,000 streamed signals for a dollar. */
const SIGNAL_USD = 1 / 150_000;

/**
 * Stores what cars pushed: one write and at most one news for each car of a batch, whatever came twice or late. What
 * cannot be read is dropped and counted, so that one record never holds up those behind it. Safe to repeat.
 */
export async function ingest(texts: readonly string[], deps: TelemetryDeps): Promise<{ cars: number; news: number }> {
  const refused: string[] = [];
  const byCar = new Map<string, { car: Car; records: TelemetryRecord[] }>();
  for (const text of texts) {
    const record = parse(text);
    const car = typeof record === "string" ? undefined : await deps.carOf(record.vin);
    if (typeof record === "string") refused.push(record);
    else if (!car) refused.push("not an enrolled car");
    else byCar.set(car.assetId, { car, records: [...(byCar.get(car.assetId)?.records ?? []), record] });
  }

  const known = await deps.readings.latest([...byCar.keys()], "charge");
  // What is known of VINs may be older than a removal.
  const unheard = [...byCar.keys()].filter((assetId) => !known.has(assetId));
  const enrolled = new Set((await deps.assets.get(unheard)).map(({ assetId }) => assetId));
  for (const assetId of unheard) {
    if (enrolled.has(assetId)) continue;
    byCar.delete(assetId);
    refused.push("not an enrolled car");
  }
  const folded = [...byCar.values()].map(({ car, records }) => fold(car, records, known.get(car.assetId), deps.now()));
  const stored = await mapLimited(folded, WRITES_IN_FLIGHT, (car) => store(car, deps));

  const recorded = stored.flatMap((news) => news ?? []);
  await tellReadings(deps.integration, recorded, deps);
  report(refused, folded, deps);
  return { cars: folded.length, news: recorded.length };
}

/** What one car's records come to. */
type Folded = {
  assetId: AssetId;
  known: Latest | undefined;
  /** Absent when nothing newer was told. */
  reading: ChargeReading | undefined;
  online: boolean | undefined;
  signals: number;
  unknown: Applied["unknown"];
  dropped: NonNullable<Applied["dropped"]>[];
};

/** Applies one car's records, oldest first. */
function fold({ assetId }: Car, records: readonly TelemetryRecord[], known: Latest | undefined, now: Instant): Folded {
  const before = asCharge(known?.reading);
  const result: Folded = {
    assetId,
    known,
    reading: undefined,
    online: undefined,
    signals: 0,
    unknown: [],
    dropped: [],
  };
  for (const record of records.toSorted(byTime)) {
    const applied = applyRecord({ assetId, previous: result.reading ?? before }, record, now);
    result.reading = applied.reading ?? result.reading;
    result.online = applied.online ?? result.online;
    result.signals += record.kind === "data" ? record.fields.length : 0;
    result.unknown.push(...applied.unknown);
    if (applied.dropped) result.dropped.push(applied.dropped);
  }
  return result;
}

async function store({ assetId, known, reading, online }: Folded, { readings, now }: TelemetryDeps) {
  // About the login and the calls a push says nothing: their failures stand until a call succeeds.
  const reach = {
    lastFetchedAt: known && !isAsGoodAsALook(reading) ? known.reach.lastFetchedAt : now(),
    online: online ?? known?.reach.online ?? null,
    failures: known?.reach.failures ?? 0,
    faultClass: known?.reach.faultClass ?? null,
  };
  if (reading) {
    const { stored, previous } = await readings.record(reading, reach, {
      untoldBy: changeMatters(known?.reading, reading) ? TELLS_ITSELF : undefined,
    });
    return newsOf(stored ? { reading, matters: changeMatters(previous, reading) } : undefined, withoutBatch(known));
  }
  const isNews = online !== undefined && online !== known?.reach.online;
  if (isNews) await readings.recordFailure(assetId, "charge", reach);
  return undefined;
}

/**
 * Whether the next look may wait its cadence: all that matters is told, and fits together. Where it does not, a record may
 * be lost, and only a look can tell.
 */
function isAsGoodAsALook(reading: ChargeReading | undefined): boolean {
  if (!reading || reading.state === null || reading.powerKw === null || reading.socPercent === null) return false;
  const draws = reading.state === "charging" || reading.state === "starting";
  return draws === reading.powerKw >= DRAWING_KW;
}

/** One line and one count for each kind of thing, however often it came. */
function report(refused: readonly string[], cars: readonly Folded[], { log, meter }: TelemetryDeps): void {
  const signals = cars.reduce((sum, car) => sum + car.signals, 0);
  meter.add("vendor_cost_usd", signals * SIGNAL_USD);
  for (const [reason, times] of Object.entries(tally(refused, (reason) => reason))) {
    meter.add("telemetry_refused", times);
    log.warn("TELEMETRY_REFUSED", { reason, times });
  }
  for (const { assetId, unknown, dropped } of cars) {
    for (const [word, times] of Object.entries(tally(unknown, ({ key, raw }) => `${key}: ${raw}`))) {
      meter.add("vendor_words_unknown", times);
      log.warn("TELEMETRY_UNKNOWN", { assetId, word, times });
    }
    for (const [why, times] of Object.entries(tally(dropped, (why) => why))) {
      // Late ones come again and again from a car that was out of reach.
      if (why === "older") continue;
      meter.add("readings_quarantined", times);
      if (why === "future") log.warn("READING_FROM_FUTURE", { assetId, times });
    }
  }
}

/** The record, or why there is none; never a word of what it holds. */
function parse(text: string): TelemetryRecord | string {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return "not JSON";
  }
  const parsed = TelemetryRecord.safeParse(json);
  return parsed.success ? parsed.data : "not a record of a known shape";
}
