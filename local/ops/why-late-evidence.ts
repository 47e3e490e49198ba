import { type Asset, type AssetId, STREAM_OF_KIND } from "../../shared/domain/asset.ts";
import { epochMs, HOUR_MS, type Instant, later, MINUTE_MS, plusMs } from "../../shared/domain/instant.ts";
import type { Cadence, Manifest } from "../../shared/domain/manifest.ts";
import type { Outage } from "../../shared/domain/outage.ts";
import { activity, Stream } from "../../shared/domain/reading.ts";
import { periodsOf, slotOf, wheelMinutes } from "../../shared/domain/wheel.ts";
import { mapLimited } from "../../shared/map-limited.ts";
import type { Latest } from "../../shared/store/readings.ts";
import type { Member } from "../../shared/store/schedule.ts";
import type { Connection } from "./connection.ts";
import { type Answer, type Evidence, whyLate } from "./why-late.ts";

type Facts = Pick<Manifest, "name" | "streams">;
type Stores = Pick<Connection, "schedule" | "readings" | "causes" | "now">;
type Known = { place: Member | undefined; cadence: Cadence; latest: Latest | undefined; now: Instant };

const AT_ONCE = 10;
/** A turn and the time for its batches to come back lie within a period and this. */
const BEYOND_PERIOD_MS = HOUR_MS;

/** What the stores tell of one asset that somebody asks about. Throws when the manifest does not read its stream. */
export async function assetEvidence(asset: Asset, facts: Facts, stores: Stores): Promise<Evidence> {
  const { assetId, integration } = asset;
  const stream = STREAM_OF_KIND[asset.kind];
  const cadence = cadenceOf(facts, stream);
  const now = stores.now();
  const [place, latest, elsewhere, outage] = await Promise.all([
    stores.schedule.find({ integration, stream, assetId }, periodsOf(cadence)),
    stores.readings.latest([assetId], stream),
    elsewhereOf([assetId], stream, stores),
    stores.causes.outage(integration),
  ]);
  const known = { place, cadence, latest: latest.get(assetId), now };
  const runsSince = ledgerFrom(known);
  const runs = await stores.schedule.ledger(integration, runsSince);
  const shared = { runs, runsSince, outage: outage?.outage };
  return { ...shared, ...own(stream, known), elsewhere: elsewhere.get(assetId) ?? [] };
}

/** Why each asset of an integration is late, of those that are on its wheels; and its outage, if there ever was one. */
export async function integrationAnswers(
  facts: Facts,
  stores: Stores,
): Promise<{ now: Instant; outage: Outage | undefined; answers: (Answer & { assetId: AssetId })[] }> {
  const now = stores.now();
  const outage = (await stores.causes.outage(facts.name))?.outage;
  const answers: (Answer & { assetId: AssetId })[] = [];
  for (const { stream, cadence } of facts.streams) {
    const members = await membersOf(facts.name, stream, cadence, stores);
    const ids = members.map(({ assetId }) => assetId);
    const latest = await stores.readings.latest(ids, stream);
    const longest = Math.max(...periodsOf(cadence));
    const runsSince = plusMs(now, -(longest * MINUTE_MS + BEYOND_PERIOD_MS));
    const runs = await stores.schedule.ledger(facts.name, runsSince);
    const evidence = members.map((place) => {
      const known = { place, cadence, latest: latest.get(place.assetId), now };
      return { runs, runsSince, outage, ...own(stream, known), elsewhere: [] };
    });
    const lost = ids.filter((_, index) => isLost(evidence[index]));
    const elsewhere = await elsewhereOf(lost, stream, stores);
    evidence.forEach((one, index) => {
      const assetId = ids[index] ?? "";
      answers.push({ assetId, ...whyLate({ ...one, elsewhere: elsewhere.get(assetId) ?? [] }) });
    });
  }
  return { now, outage, answers };
}

/** What only the asset itself is the reason for. */
function own(stream: Stream, { place, cadence, latest, now }: Known) {
  const { reading, reach } = latest ?? {};
  return {
    now,
    stream,
    place: place && { periodMinutes: place.periodMinutes, slot: slotOf(place.assetId, place.periodMinutes) },
    cadenceMinutes: cadenceMinutes({ place, cadence, latest, now }),
    reading,
    reach,
  };
}

/** Minutes between looks. What charges is looked at between its turns, unless it was not reached for an hour. */
function cadenceMinutes({ place, cadence, latest, now }: Known): number {
  const { reading, reach } = latest ?? {};
  const turns = place?.periodMinutes ?? wheelMinutes(reading, cadence);
  if (!reading || activity(reading) !== "charging") return turns;
  const isReached = reach?.online !== false || epochMs(now) - epochMs(reading.observedAt) < HOUR_MS;
  return isReached ? Math.min(turns, cadence.chargingMinutes) : turns;
}

function ledgerFrom({ place, cadence, latest, now }: Known): Instant {
  const periodMinutes = place?.periodMinutes ?? Math.max(...periodsOf(cadence));
  const from = plusMs(now, -(periodMinutes * MINUTE_MS + BEYOND_PERIOD_MS));
  const lookedAt = latest?.reach.lastFetchedAt;
  return lookedAt && lookedAt < now ? later(from, lookedAt) : from;
}

function isLost(evidence: Evidence | undefined): boolean {
  return evidence !== undefined && ["no-run", "unknown"].includes(whyLate(evidence).cause);
}

async function membersOf(integration: string, stream: Stream, cadence: Cadence, { schedule }: Stores) {
  const slots = periodsOf(cadence).flatMap((periodMinutes) =>
    Array.from({ length: periodMinutes }, (_, slot) => ({ periodMinutes, slot })),
  );
  const members = await mapLimited(slots, AT_ONCE, ({ periodMinutes, slot }) =>
    schedule.slot(integration, stream, periodMinutes, slot),
  );
  return members.flat();
}

/** The rows of assets under the streams that are not theirs. */
async function elsewhereOf(ids: readonly AssetId[], stream: Stream, { readings }: Stores) {
  const rows = new Map<AssetId, { stream: string; lastFetchedAt: Instant }[]>();
  if (ids.length === 0) return rows;
  for (const other of Stream.options.filter((one) => one !== stream)) {
    for (const [assetId, { reach }] of await readings.latest(ids, other)) {
      rows.set(assetId, [...(rows.get(assetId) ?? []), { stream: other, lastFetchedAt: reach.lastFetchedAt }]);
    }
  }
  return rows;
}

function cadenceOf({ name, streams }: Facts, stream: Stream): Cadence {
  const found = streams.find((one) => one.stream === stream);
  if (!found) throw new RangeError(`the manifest of ${name} has no stream ${stream}; add it to streams`);
  return found.cadence;
}
