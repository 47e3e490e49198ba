import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import type { Asset } from "../../shared/domain/asset.ts";
import { epochMs, type Instant, plusMs } from "../../shared/domain/instant.ts";
import { accountKey, accountsStore } from "../../shared/store/accounts.ts";
import { assetsStore } from "../../shared/store/assets.ts";
import { scheduleStore } from "../../shared/store/schedule.ts";
import { putOnWheel } from "../ops/registry.ts";
import type { Pair } from "./tokens.ts";
import type { VendorCloud } from "./vendor-cloud.ts";

/** Writes what `npm run ops -- link` writes. */
export async function link(
  { integration, accountId }: Pick<Asset, "integration" | "accountId">,
  { expiresInSeconds, ...tokens }: Pair,
  now: Instant,
  tables: DynamoDBDocumentClient,
): Promise<void> {
  const account = accountKey(integration, accountId);
  const accounts = accountsStore(tables, "accounts");
  const known = await accounts.get(account);
  await accounts.link({
    account,
    version: (known?.version ?? 0) + 1,
    tokens: { wrappedKey: "", iv: "", tag: JSON.stringify({ account }), data: JSON.stringify(tokens) },
    accessExpiresAt: plusMs(now, expiresInSeconds * 1000),
  });
}

/** Writes what `npm run ops -- enrol` writes. */
export async function enrol(
  asset: Asset,
  { manifest }: VendorCloud,
  now: Instant,
  tables: DynamoDBDocumentClient,
): Promise<void> {
  await assetsStore(tables, "assets").put(asset);
  await putOnWheel(asset, manifest, scheduleStore(tables, "schedule"), now);
}

/** Enrols a fleet, and links each login once. */
export async function enrolAll(
  assets: readonly Asset[],
  clouds: readonly VendorCloud[],
  now: Instant,
  tables: DynamoDBDocumentClient,
): Promise<void> {
  const linked = new Set<string>();
  for (const asset of assets) {
    const cloud = clouds.find(({ manifest }) => manifest.name === asset.integration);
    if (!cloud) continue;
    await enrol(asset, cloud, now, tables);
    const account = accountKey(asset.integration, asset.accountId);
    if (linked.has(account)) continue;
    linked.add(account);
    await link(asset, cloud.books.issue(asset.accountId, epochMs(now)), now, tables);
  }
}
