import type { AssetId } from "../../shared/domain/asset.ts";
import { hash32 } from "../../shared/domain/hash.ts";
import { type Instant, MINUTE_MS, plusMs } from "../../shared/domain/instant.ts";
import type { Stream } from "../../shared/domain/reading.ts";
import { periodsOf, slotAt } from "../../shared/domain/wheel.ts";
import { groupBy } from "../../shared/group-by.ts";
import type { Latest } from "../../shared/store/readings.ts";
import type { Cursor, DueLook, Member, RunClaim } from "../../shared/store/schedule.ts";
import { chunks } from "../../shared/store/table.ts";
import { breaker } from "./breaker.ts";
import { choose, type Freshness, type Listed, type Look, roomFor } from "./choose.ts";
import type { Integration, SchedulerDeps } from "./handler.ts";
import { cursorAfter, LOOK_BACK_MINUTES, lagMs, QUARTERS, type Turn, turnsOf } from "./turns.ts";

/** A run to be claimed, and what it sends out if it is. */
export type Claim = { run: RunClaim; stream: Stream; notAfter: Instant; batches: Look[][] };

/** Reads what one integration's minute owes and decides; changes nothing. */
export async function decide(
  integration: Integration,
  cursor: Cursor | undefined,
  tickAt: Instant,
  deps: SchedulerDeps,
) {
  const { name, streams, limits } = integration;
  const from = cursor && cursor.through < tickAt ? cursor.through : tickAt;
  const ledger = await deps.schedule.ledger(name, plusMs(from, -LOOK_BACK_MINUTES * MINUTE_MS));
  const down = breaker(ledger);
  const standing = {
    tickAt,
    cursor,
    streams: streams.map(({ stream }) => stream),
    wheels: streams.flatMap(({ stream, cadence }) => periodsOf(cadence).map((period) => `${stream}#${period}`)),
    ledger,
    isOpen: down.isOpen,
  };
  const turns = turnsOf(standing);

  const listed = await Promise.all(turns.turns.map((turn) => list(name, turn, deps)));
  const ownCount = listed.reduce((sum, { turn, members }) => sum + (turn.kind === "own" ? members.length : 0), 0);
  const madeGood = down.isOpen ? [] : await listWithin(roomFor(ownCount), name, turns.missed, deps);
  const all = [...listed, ...madeGood];
  const latest = await latestOf(all, deps);
  const { chosen, freshness } = choose(all, latest, { tickAt, now: deps.now(), isOpen: down.isOpen });

  const occupied = new Set(all.filter(({ members }) => members.length > 0).map(({ turn }) => turn));
  const claims = chosen
    // A slot's turn is noted although nobody was due: that is the evidence that it had one.
    .filter(
      ({ turn, looks, held }) =>
        looks.length + held > 0 || turn.attempt > 1 || (turn.kind !== "due" && occupied.has(turn)),
    )
    .map(({ turn, looks, held }): Claim => {
      const batches = chunks(byAccount(looks), limits.batchSize);
      const { minute, part, attempt, stream, notAfter } = turn;
      const run = { minute, part, attempt, claimedAt: tickAt, expected: looks.length, batches: batches.length, held };
      return { run, stream, notAfter, batches };
    });
  return {
    claims,
    freshness: freshness satisfies Freshness,
    down,
    ledger,
    cursor: cursorAfter(cursor, turns, madeGood.length),
    lagMs: down.isOpen ? 0 : lagMs(standing, deps.now()),
  };
}

/** Those of one login go together, so that its token is read and renewed by one worker. */
function byAccount(looks: readonly Look[]): Look[] {
  return looks.toSorted((a, b) => (a.accountId < b.accountId ? -1 : a.accountId > b.accountId ? 1 : 0));
}

async function list(integration: string, turn: Turn, { schedule }: SchedulerDeps): Promise<Listed> {
  if (turn.kind === "due") {
    const looks = await schedule.dueLooks(integration, turn.minute);
    return { turn, members: looks.filter(({ stream }) => stream === turn.stream) };
  }
  const slot = slotAt(turn.minute, turn.periodMinutes);
  const members = await schedule.slot(integration, turn.stream, turn.periodMinutes, slot);
  return {
    turn,
    members: turn.quarter === undefined ? members : members.filter((one) => quarterOf(one) === turn.quarter),
  };
}

/** Missed turns, oldest first, until there is no room for more; one in any case, so that it comes to an end. */
async function listWithin(room: number, integration: string, missed: readonly Turn[], deps: SchedulerDeps) {
  const listed: Listed[] = [];
  const slots = new Map<string, Promise<Listed>>();
  let left = room;
  for (const turn of missed) {
    const { quarter, ...whole } = turn;
    const key = `${turn.minute}#${turn.stream}#${turn.periodMinutes}`;
    const slot = slots.get(key) ?? list(integration, whole, deps);
    slots.set(key, slot);
    const members = (await slot).members.filter((one) => quarterOf(one) === quarter);
    if (members.length > left && listed.length > 0) break;
    left -= members.length;
    listed.push({ turn, members });
  }
  return listed;
}

/** Other bits than those of the slot. */
function quarterOf({ assetId }: Member | DueLook): number {
  return hash32(`quarter ${assetId}`) % QUARTERS.length;
}

type LatestOf = (turn: Turn, assetId: AssetId) => Latest | undefined;

/** What is known of those whose turn it is, and of nobody else. */
async function latestOf(listed: readonly Listed[], deps: SchedulerDeps): Promise<LatestOf> {
  const byStream = groupBy(listed, ({ turn }) => turn.stream);
  const maps = new Map(
    await Promise.all(
      [...byStream].map(async ([stream, parts]) => {
        const ids = new Set(parts.flatMap(({ members }) => members.map(({ assetId }) => assetId)));
        return [stream, await readAll([...ids], stream, deps)] as const;
      }),
    ),
  );
  return (turn, assetId) => maps.get(turn.stream)?.get(assetId);
}

/** One bad row makes a whole read throw: then each is read by itself, and the bad one goes on as never read. */
async function readAll(
  ids: AssetId[],
  stream: Stream,
  { readings, log }: SchedulerDeps,
): Promise<Map<AssetId, Latest>> {
  if (ids.length === 0) return new Map();
  try {
    return await readings.latest(ids, stream);
  } catch {
    const one = async (assetId: AssetId) => {
      try {
        return [...(await readings.latest([assetId], stream))];
      } catch (error) {
        log.error("SCHEDULE_ROW_REFUSED", error, { key: `readings ${assetId} ${stream}` });
        return [];
      }
    };
    return new Map((await Promise.all(ids.map(one))).flat());
  }
}
