import type { TokenPair } from "../../shared/auth.ts";
import { type Asset, STREAM_OF_KIND } from "../../shared/domain/asset.ts";
import { plusMs } from "../../shared/domain/instant.ts";
import { accountKey } from "../../shared/store/accounts.ts";
import type { Connection } from "./connection.ts";

/** Adds an asset, or replaces it: stored, counted, put on the poll schedule, and announced. */
export async function enrol(
  asset: Asset,
  to: Pick<Connection, "assets" | "schedule" | "budgets" | "bus">,
): Promise<void> {
  const [known] = await to.assets.get([asset.assetId]);
  await to.assets.put(asset);
  if (!known) await to.budgets.countAsset(asset.integration);
  await to.schedule.addMember({
    integration: asset.integration,
    assetId: asset.assetId,
    stream: STREAM_OF_KIND[asset.kind],
  });
  await to.bus.publish([{ name: "AssetEnrolled", detail: { assetId: asset.assetId, fleetId: asset.fleetId } }]);
}

/** Stores a customer's token pair, sealed; replaces one that was revoked. */
export async function link(
  login: { integration: string; accountId: string; tokens: TokenPair; expiresInSeconds: number },
  to: Pick<Connection, "accounts" | "sealer" | "now">,
): Promise<void> {
  const account = accountKey(login.integration, login.accountId);
  const seal = await to.sealer.prepare({ account });
  const known = await to.accounts.get(account);
  await to.accounts.link({
    account,
    tokens: seal(JSON.stringify(login.tokens)),
    version: (known?.version ?? 0) + 1,
    accessExpiresAt: plusMs(to.now(), login.expiresInSeconds * 1000),
  });
}
