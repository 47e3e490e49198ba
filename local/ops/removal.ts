import type { AssetId } from "../../shared/domain/asset.ts";
import { isEnded } from "../../shared/domain/command.ts";
import { epochMs, type Instant, MINUTE_MS } from "../../shared/domain/instant.ts";
import { tell } from "../../shared/outbox.ts";
import { hashOf } from "../../shared/store/canonical.ts";
import type { Integrations } from "./asset-file.ts";
import type { Connection } from "./connection.ts";
import type { Extent, OwnRow } from "./removal-rows.ts";
import type { Removal } from "./removal-store.ts";

/** Longer than any invocation may take: what began with a row that is gone has ended by then. */
export const SETTLE_MS = 2 * MINUTE_MS;

/** What stays of a removal: no names, only counts and hashes. */
export type Receipt = {
  integration: string;
  scope: "account" | "assets";
  startedAt: Instant;
  endedAt: Instant;
  assets: number;
  /** Rows that were there when it began, by table. */
  rows: Record<string, number>;
  /** Commands in the audit trails that went, and the last hash of each trail. */
  commands: number;
  heads: string[];
  /** SHA-256 of all above as canonical JSON. */
  hash: string;
};

export type Request = { integration: string; accountId: string; assetId: AssetId | undefined };
type Platform = Pick<Connection, "removals" | "commands" | "bus" | "now">;

/** What a removal would take now, or goes on to take; undefined when nothing of the account is stored. */
export async function survey(
  request: Request,
  integrations: Integrations,
  to: Pick<Platform, "removals" | "now">,
): Promise<Removal | undefined> {
  const [begun, registered] = await Promise.all([to.removals.begun(request), to.removals.assetsOf(request)]);
  const wanted = registered.filter(({ assetId }) => request.assetId === undefined || assetId === request.assetId);
  const known = new Set(begun?.assets.map(({ assetId }) => assetId));
  const added = wanted.filter(({ assetId }) => !known.has(assetId));
  const withLogin = begun?.withLogin === true || request.assetId === undefined;
  if (begun && added.length === 0 && withLogin === begun.withLogin) return begun;
  const { integration, accountId } = request;
  const assets = [...(begun?.assets ?? []), ...added];
  const extent = { integration, accountId, assetIds: assets.map(({ assetId }) => assetId), withLogin };
  const rows = await to.removals.all(extent, streamsOf(integration, integrations), to.now());
  if (!begun && rows.length === 0) return undefined;
  return { integration, accountId, assets, withLogin, startedAt: begun?.startedAt ?? to.now(), rows: counted(rows) };
}

/**
 * Removes it: control stops first, what an invocation could begin with goes next, and after the longest invocation whatever
 * one that was under way has written since. Each step may be repeated; after a failure on the way the same call goes on.
 */
export async function remove(
  removal: Removal,
  integrations: Integrations,
  to: Platform,
  wait: (forMs: number) => Promise<void>,
): Promise<Receipt> {
  const { removals, now } = to;
  const { integration, accountId, withLogin, assets } = removal;
  const extent: Extent = { integration, accountId, assetIds: assets.map(({ assetId }) => assetId), withLogin };
  const streams = streamsOf(integration, integrations);
  const sweep = async () => {
    await removals.delete(await removals.all(extent, streams, now()));
    if (withLogin) await removals.unnameInRuns(extent);
    for (const { assetId, siteId } of assets) await removals.unnameAtSite(siteId, assetId);
  };

  await removals.note(removal);
  for (const { assetId } of assets) await removals.takeOut(integration, assetId);
  await removals.delete(await removals.places(extent, streams));
  for (const { assetId } of assets) await withdraw(assetId, to);
  await removals.delete(await removals.login(extent));

  const trails = removal.trails ?? (await trailsOf(extent.assetIds, to));
  if (!removal.trails) await removals.note({ ...removal, trails });
  let { sweptAt } = removal;
  if (!sweptAt) {
    await sweep();
    sweptAt = now();
    await removals.note({ ...removal, trails, sweptAt });
  }
  await wait(Math.max(0, epochMs(sweptAt) + SETTLE_MS - epochMs(now())));
  await sweep();
  await removals.forget(removal);
  const told = {
    integration,
    scope: withLogin ? ("account" as const) : ("assets" as const),
    startedAt: removal.startedAt,
    endedAt: now(),
    assets: assets.length,
    rows: removal.rows,
    ...trails,
  };
  return { ...told, hash: hashOf(told) };
}

/** What a vendor has taken cannot be withdrawn, and is not followed any more. */
async function withdraw(assetId: AssetId, { commands, bus, now }: Platform): Promise<void> {
  const { rows } = await commands.trail(assetId);
  for (const row of rows.filter(({ status }) => !isEnded(status))) {
    const { commandId, integration } = row;
    const changes = { endedAt: now(), evidence: "its owner is no customer any more" };
    const ended = await commands.transition(row, "withdrawn", changes, [
      { name: "CommandWithdrawn", detail: { commandId, assetId, integration } },
    ]);
    if (ended) await tell([ended], { bus, commands });
  }
}

async function trailsOf(assetIds: readonly AssetId[], { commands }: Platform): Promise<NonNullable<Removal["trails"]>> {
  const trails = await Promise.all(assetIds.map((assetId) => commands.trail(assetId)));
  const heads = trails.flatMap(({ rows }) => {
    const last = rows.reduce<(typeof rows)[number] | undefined>(
      (a, b) => (a && a.sequence > b.sequence ? a : b),
      undefined,
    );
    return last?.history.at(-1)?.hash ?? [];
  });
  return { commands: trails.reduce((sum, { rows, unreadable }) => sum + rows.length + unreadable.length, 0), heads };
}

function counted(rows: readonly OwnRow[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { table } of rows) counts[table] = (counts[table] ?? 0) + 1;
  return counts;
}

function streamsOf(integration: string, integrations: Integrations) {
  return integrations.find(({ name }) => name === integration)?.streams ?? [];
}
