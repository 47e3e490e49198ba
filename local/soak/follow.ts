import { STREAM_OF_KIND } from "../../shared/domain/asset.ts";
import { epochMs, type Instant, MINUTE_MS } from "../../shared/domain/instant.ts";
import { slowestTurnMinutes } from "../../shared/domain/wheel.ts";
import { mapLimited } from "../../shared/map-limited.ts";
import type { Connection } from "../ops/connection.ts";
import type { Followed, Seen } from "./verdict.ts";
import type { Customer } from "./world.ts";

export type FollowOptions = {
  customers: readonly Customer[];
  connection: Pick<Connection, "readings" | "commands" | "ringingAlarms">;
  hours: number;
  now: () => Instant;
  /** Lets real time pass; may be broken off. */
  pause: (ms: number) => Promise<void>;
  isEnded?: () => boolean;
  onLook?: (line: string) => void;
};

const LOOK_EVERY_MS = 20_000;
const SAID_EVERY_MS = 5 * MINUTE_MS;
const COMMANDS = 200;

/** Looks at enrolled assets and at the alarms from the outside, until the time is over. */
export async function follow(options: FollowOptions): Promise<Seen> {
  const { customers, connection, hours, now, pause, isEnded = () => false, onLook } = options;
  const startedAt = now();
  const endsAtMs = epochMs(startedAt) + hours * 60 * MINUTE_MS;
  const looks = new Map<string, { at: Instant; lastFetchedAt: Instant | null }[]>();
  const rang = new Map<string, { name: string; since: Instant }>();
  let isBrokenOff = false;
  let saidAtMs = Number.NEGATIVE_INFINITY;
  for (;;) {
    const at = now();
    for (const { asset } of customers) {
      const stream = STREAM_OF_KIND[asset.kind];
      const latest = (await connection.readings.latest([asset.assetId], stream)).get(asset.assetId);
      const known = looks.get(asset.assetId) ?? [];
      known.push({ at, lastFetchedAt: latest?.reach.lastFetchedAt ?? null });
      looks.set(asset.assetId, known);
    }
    for (const { name, since } of await connection.ringingAlarms()) rang.set(`${name} ${since}`, { name, since });
    if (onLook && epochMs(at) - saidAtMs >= SAID_EVERY_MS) {
      saidAtMs = epochMs(at);
      const read = [...looks.values()].filter((all) => all.at(-1)?.lastFetchedAt != null).length;
      onLook(`${at} ${read} of ${customers.length} assets read, ${rang.size} alarms`);
    }
    const leftMs = endsAtMs - epochMs(now());
    isBrokenOff = leftMs > 0 && isEnded();
    if (leftMs <= 0 || isBrokenOff) break;
    await pause(Math.min(LOOK_EVERY_MS, leftMs));
  }
  const assets = await mapLimited(customers, 3, async ({ asset, manifest, simulation }): Promise<Followed> => {
    const commands = await connection.commands.recent(asset.assetId, COMMANDS);
    return {
      assetId: asset.assetId,
      integration: asset.integration,
      longestPeriodMinutes: slowestTurnMinutes(manifest.streams),
      vendorCalls: simulation.calls().length,
      looks: looks.get(asset.assetId) ?? [],
      commands: commands.map(({ commandId, status, checkAt, evidence }) => ({ commandId, status, checkAt, evidence })),
    };
  });
  return { startedAt, endedAt: now(), isBrokenOff, assets, alarms: [...rang.values()] };
}
