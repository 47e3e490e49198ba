import { type Asset, AssetId, STREAM_OF_KIND } from "../../shared/domain/asset.ts";
import { type Command, isEnded } from "../../shared/domain/command.ts";
import { FAULT_TREATMENT, type FaultClass } from "../../shared/domain/fault.ts";
import { epochMs, type Instant } from "../../shared/domain/instant.ts";
import type { Plan } from "../../shared/domain/plan.ts";
import { isDone } from "../../shared/domain/proof.ts";
import type { Reachability, Reading } from "../../shared/domain/reading.ts";
import { type Account, accountKey } from "../../shared/store/accounts.ts";
import { BadInput } from "../feeds/bad-input.ts";
import type { Target } from "./target.ts";

/** What is wrong now, where that is known from, and whose move it is. */
export type Fault = {
  faultClass: FaultClass;
  from: "account" | "reading" | "command";
  since: Instant;
  detail: string | null;
  actor: string;
  nextStep: string;
};

type Told<A extends Asset> = A extends Asset
  ? Omit<A, "vendorAssetId" | "site"> & Pick<A["site"], "timeZone" | "region" | "tariff">
  : never;

/** Everything that is known of an asset, without how its vendor names it and without places. */
export type Status = {
  target: string;
  at: Instant;
  asset: Told<Asset>;
  account: "linked" | "not linked" | "revoked";
  reading: (Reading & { ageSeconds: number }) | null;
  reachability: Reachability | null;
  plan: Plan | null;
  openCommands: Command[];
  fault: Fault | null;
};

const RECENT_COMMANDS = 20;

export async function findAsset(assetId: string, { name, connection }: Target): Promise<Asset> {
  if (!AssetId.safeParse(assetId).success) {
    throw new BadInput("An assetId is lower-case letters, digits and dashes, 3 to 64: for example car-0001.");
  }
  const [asset] = await connection.assets.get([assetId]);
  if (asset) return asset;
  throw new BadInput(`There is no asset ${assetId} on ${name}. Enrol it with: npm run ops -- enrol FILE`);
}

export async function status(asset: Asset, { name, connection }: Target): Promise<Status> {
  const { vendorAssetId: _, site, ...rest } = asset;
  const { assetId } = asset;
  const [account, latest, plans, commands] = await Promise.all([
    connection.accounts.get(accountKey(asset.integration, asset.accountId)),
    connection.readings.latest([assetId], STREAM_OF_KIND[asset.kind]),
    connection.plans.get([assetId]),
    connection.commands.recent(assetId, RECENT_COMMANDS),
  ]);
  const at = connection.now();
  const { reading, reach } = latest.get(assetId) ?? {};
  return {
    target: name,
    at,
    asset: {
      ...rest,
      timeZone: site.timeZone,
      ...(site.region && { region: site.region }),
      ...(site.tariff && { tariff: site.tariff }),
    },
    account: account === undefined ? "not linked" : account.revokedAt ? "revoked" : "linked",
    reading: reading
      ? { ...reading, ageSeconds: Math.round((epochMs(at) - epochMs(reading.observedAt)) / 1000) }
      : null,
    reachability: reach ?? null,
    plan: plans.get(assetId) ?? null,
    openCommands: commands.filter((command) => !isEnded(command.status)),
    fault: currentFault(account, reading, reach, commands),
  };
}

/**
 * A dead login explains whatever follows from it; a failing read is newer than any verdict; then the last verdict counts,
 * until a newer reading shows that what was wanted came about after all.
 */
function currentFault(
  account: Account | undefined,
  reading: Reading | undefined,
  reach: Reachability | undefined,
  commands: readonly Command[],
): Fault | null {
  if (account?.revokedAt) return fault("credentials-revoked", "account", account.revokedAt, null);
  if (reach?.faultClass) {
    const detail = reach.failures > 0 ? `attempts to read that failed in a row: ${reach.failures}` : null;
    return fault(reach.faultClass, "reading", reach.lastFetchedAt, detail);
  }
  const ended = commands
    .flatMap((command) =>
      command.endedAt && command.status !== "withdrawn" ? [{ command, endedAt: command.endedAt }] : [],
    )
    .sort((a, b) => epochMs(b.endedAt) - epochMs(a.endedAt))[0];
  if (!ended?.command.faultClass || ended.command.status === "confirmed") return null;
  if (reading && reading.observedAt > ended.endedAt && isDone(ended.command.action, reading)) return null;
  return fault(ended.command.faultClass, "command", ended.endedAt, ended.command.evidence ?? null);
}

function fault(faultClass: FaultClass, from: Fault["from"], since: Instant, detail: string | null): Fault {
  const { actor, nextStep } = FAULT_TREATMENT[faultClass];
  return { faultClass, from, since, detail, actor, nextStep };
}
