import { isDeepStrictEqual } from "node:util";
import type { Asset } from "../../shared/domain/asset.ts";
import { HOUR_MS, plusMs } from "../../shared/domain/instant.ts";
import { REGIONS, type Region } from "../../shared/domain/region.ts";
import { seriesId } from "../../shared/domain/signal.ts";
import { accountKey } from "../../shared/store/accounts.ts";
import { type Integrations, readAssets, refuse } from "./asset-file.ts";
import type { Connection } from "./connection.ts";
import { enrol } from "./registry.ts";

type Parts = Pick<Connection, "assets" | "schedule" | "budgets" | "bus" | "accounts" | "signals" | "now">;

/**
 * Enrols a file's assets and tells what became of each. Whole or not at all where that can be known beforehand; a failure
 * half-way is mended by running it again, because every step may be repeated.
 */
export async function enrolFile(
  file: string,
  integrations: Integrations,
  open: () => Promise<{ name: string; connection: Parts }>,
): Promise<string> {
  const assets = readAssets(file, integrations);
  const { name, connection } = await open();
  const before = await known(assets, connection);
  refuse(file, conflicts(assets, before));

  const lines: string[] = [];
  for (const asset of assets) {
    const { streams } = integrations.find((one) => one.name === asset.integration) ?? { streams: [] };
    await enrol(asset, { streams }, connection);
    lines.push(`${asset.assetId}  ${outcome(asset, before.byId.get(asset.assetId))}`);
  }
  return [
    ...lines,
    `${count(assets.length)} on ${name}.`,
    ...(await unlinked(assets, connection)),
    ...(await unfetched(assets, connection)),
  ].join("\n");
}

type Known = { byId: Map<string, Asset>; inFleets: Asset[] };

async function known(assets: readonly Asset[], { assets: store }: Parts): Promise<Known> {
  const fleets = [...new Set(assets.map((asset) => asset.fleetId))];
  const [same, ...inFleets] = await Promise.all([
    store.get(assets.map((asset) => asset.assetId)),
    ...fleets.map((fleet) => store.fleet(fleet)),
  ]);
  return { byId: new Map(same.map((asset) => [asset.assetId, asset])), inFleets: inFleets.flat() };
}

/** One device under two ids would be commanded twice; an asset left on another integration's schedule would be polled twice. */
function conflicts(assets: readonly Asset[], { byId, inFleets }: Known) {
  const deviceKey = (asset: Asset) => `${asset.integration} ${asset.vendorAssetId}`;
  const devices = new Map(inFleets.map((asset) => [deviceKey(asset), asset.assetId]));
  return assets.flatMap((asset, index) => {
    const before = byId.get(asset.assetId);
    if (before && before.integration !== asset.integration) {
      const what = `${asset.assetId} is enrolled with ${before.integration}; give it a new assetId to move it`;
      return [{ index, field: "integration", what }];
    }
    const other = devices.get(deviceKey(asset));
    if (other === undefined || other === asset.assetId) return [];
    return [{ index, field: "vendorAssetId", what: `is enrolled already, as ${other}` }];
  });
}

function outcome(asset: Asset, before: Asset | undefined): string {
  if (!before) return `enrolled: ${asset.kind}, ${asset.integration}, fleet ${asset.fleetId}`;
  const keys = Object.entries(asset).flatMap(([key, value]) =>
    isDeepStrictEqual(value, Object.entries(before).find(([other]) => other === key)?.[1]) ? [] : [key],
  );
  return keys.length === 0 ? "enrolled before, nothing changed" : `replaced: ${keys.join(", ")} changed`;
}

function count(assets: number): string {
  return assets === 1 ? "1 asset is enrolled" : `${assets} assets are enrolled`;
}

/** The next step for logins that are not there yet: without one, an asset is neither read nor commanded. */
async function unlinked(assets: readonly Asset[], { accounts }: Parts): Promise<string[]> {
  const logins = new Map(assets.map((asset) => [accountKey(asset.integration, asset.accountId), asset]));
  const lines: string[] = [];
  for (const [key, { integration, accountId }] of logins) {
    const account = await accounts.get(key);
    if (account && !account.revokedAt) continue;
    lines.push(
      `${account ? "revoked" : "not linked"}: npm run ops -- link --integration ${integration} --account ${accountId}`,
    );
  }
  return lines.length === 0 ? [] : ["", "Until their logins are linked these accounts' assets stay unknown:", ...lines];
}

/** The next step for regions whose signals nobody fetches: a stage lists them, so carbon tells of prices too. */
async function unfetched(assets: readonly Asset[], { signals, now }: Parts): Promise<string[]> {
  const [from, to] = [plusMs(now(), -24 * HOUR_MS), plusMs(now(), 24 * HOUR_MS)];
  const lines: string[] = [];
  for (const region of new Set(assets.flatMap(({ site }) => site.region ?? []))) {
    const stored = await signals.slots(seriesId("carbon-intensity", REGIONS[region].carbonRegion), from, to);
    if (stored.length === 0) lines.push(unfetchedLine(region));
  }
  return lines.length === 0
    ? []
    : ["", "Until they are fetched these regions' prices and carbon stay unknown:", ...lines];
}

function unfetchedLine(region: Region): string {
  return `no signals: name ${region} (${REGIONS[region].name}) in tariff.siteRegions of lib/stages.ts`;
}
