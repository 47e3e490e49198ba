import type { TokenPair } from "../../shared/auth.ts";
import { type Asset, STREAMS_OF_KIND } from "../../shared/domain/asset.ts";
import { type Instant, MINUTE_MS, plusMs } from "../../shared/domain/instant.ts";
import type { Manifest } from "../../shared/domain/manifest.ts";
import { periodsOf } from "../../shared/domain/wheel.ts";
import { accountKey } from "../../shared/store/accounts.ts";
import type { Connection } from "./connection.ts";

/**
 * Adds an asset, or replaces it: stored, counted, put on the wheel of every stream of its kind that the integration reads,
 * and announced. Its first look is asked for at once; where it stands on a wheel already it stays.
 */
export async function enrol(
  asset: Asset,
  { streams }: Pick<Manifest, "streams">,
  to: Pick<Connection, "assets" | "schedule" | "budgets" | "bus" | "now">,
): Promise<void> {
  const [before] = await to.assets.get([asset.assetId]);
  await to.assets.put(asset);
  if (!before) await to.budgets.countAsset(asset.integration);
  await putOnWheel(asset, { streams }, to.schedule, to.now());
  await to.bus.publish([{ name: "AssetEnrolled", detail: { assetId: asset.assetId, fleetId: asset.fleetId } }]);
}

/** Gives an asset its turns on every stream of its kind, and asks for its first look in the next minute. */
export async function putOnWheel(
  { integration, assetId, accountId, kind }: Asset,
  { streams }: Pick<Manifest, "streams">,
  schedule: Pick<Connection["schedule"], "find" | "join" | "lookAt">,
  now: Instant,
): Promise<void> {
  for (const { stream, cadence } of streams) {
    if (!STREAMS_OF_KIND[kind].includes(stream)) continue;
    const known = await schedule.find({ integration, stream, assetId }, periodsOf(cadence));
    const member = { integration, assetId, accountId, stream, periodMinutes: cadence.idleMinutes };
    const place = known ? { ...known, accountId } : member;
    await schedule.join(place);
    await schedule.lookAt({ ...place, dueAt: plusMs(now, MINUTE_MS), setAt: now, why: "routine" });
  }
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
