import type { Bus } from "../../shared/bus.ts";
import type { AssetId } from "../../shared/domain/asset.ts";
import { epochMs, HOUR_MS, type Instant, MINUTE_MS, plusMs } from "../../shared/domain/instant.ts";
import {
  type Looks,
  type Outage,
  type OutageChange,
  outageChange,
  outageUnderWay,
} from "../../shared/domain/outage.ts";
import type { Plan } from "../../shared/domain/plan.ts";
import type { Log } from "../../shared/log.ts";
import type { CausesStore, OutageRow } from "../../shared/store/causes.ts";
import type { PlansStore } from "../../shared/store/plans.ts";
import type { Run } from "../../shared/store/schedule.ts";
import { chunks } from "../../shared/store/table.ts";

export type OutageDeps = {
  causes: Pick<CausesStore, "outage" | "putOutage">;
  plans: Pick<PlansStore, "get">;
  bus: Bus;
  log: Log;
};

/** The batches of the ledger that came back. */
export function looksOf(ledger: readonly Run[]): Looks[] {
  return ledger
    .flatMap(({ results }) => results)
    .flatMap(({ finishedAt, ok = 0, faults = {}, failedAccounts = [] }) =>
      finishedAt ? [{ at: finishedAt, ok, faults, failedAccounts }] : [],
    );
}

/** Plans are read so many at a time: a large vendor's are more than a function's memory. */
const PLANS_AT_ONCE = 500;
/** Whoever wrote a change tells it at once; later than this another tick does. */
const TOLD_WITHIN_MS = MINUTE_MS;
const AT_RISK_MS = 4 * HOUR_MS;

/**
 * Announces that a vendor is down, once, with what is at stake, and that it is back. The row is written first and told
 * after; a tick that died in between leaves it to the next one, and nothing is written over a row that is not told yet.
 * Resolves to the outage under way, if any.
 */
export async function watchOutage(
  integration: string,
  looks: readonly Looks[],
  assetIds: () => Promise<readonly AssetId[]>,
  now: Instant,
  deps: OutageDeps,
): Promise<Outage | undefined> {
  const row = await deps.causes.outage(integration);
  if (row?.untoldSince !== undefined) {
    if (plusMs(row.untoldSince, TOLD_WITHIN_MS) <= now) await tell(row, deps);
    return outageUnderWay(row.outage);
  }
  const found = outageChange(row?.outage, looks, now);
  const outage = found && (await changed(found));
  if (!outage) return outageUnderWay(row?.outage);
  const next = { outage, untoldSince: now, step: (row?.step ?? 0) + 1 };
  if (!(await deps.causes.putOutage(next))) return outageUnderWay((await deps.causes.outage(integration))?.outage);
  await tell(next, deps);
  return outageUnderWay(outage);

  async function changed(change: OutageChange): Promise<Outage | undefined> {
    if (change.change === "ended") return row && { ...row.outage, endedAt: change.at };
    const { faultClass, since } = change;
    const ids = await assetIds();
    const energyAtRiskKwh = await plannedKwh(ids, now, deps.plans);
    return { integration, faultClass, since, assetsAffected: ids.length, energyAtRiskKwh };
  }
}

async function tell(
  { outage, untoldSince: occurredAt, step }: OutageRow,
  { bus, causes, log }: OutageDeps,
): Promise<void> {
  if (!occurredAt) return;
  const { endedAt, assetsAffected, energyAtRiskKwh, ...reference } = outage;
  // What is published again after a crash is the same event.
  const stamp = { eventId: eventIdOf(outage), occurredAt };
  if (endedAt) {
    log.info("VENDOR_OUTAGE_ENDED", { ...reference, endedAt });
    await bus.publish([{ name: "VendorOutageEnded", detail: { ...reference, endedAt }, ...stamp }]);
  } else {
    log.warn("VENDOR_OUTAGE_BEGAN", { ...reference, assetsAffected, energyAtRiskKwh });
    const detail = { ...reference, assetsAffected, energyAtRiskKwh };
    await bus.publish([{ name: "VendorOutageBegan", detail, ...stamp }]);
  }
  await causes.putOutage({ outage, step: step + 1 });
}

function eventIdOf({ integration, faultClass, since, endedAt }: Outage): string {
  return `${integration}#${faultClass}#${since}#${endedAt ? "ended" : "began"}`;
}

/** What the assets' plans take in the next hours, kWh. */
async function plannedKwh(ids: readonly AssetId[], now: Instant, plans: OutageDeps["plans"]): Promise<number> {
  let total = 0;
  for (const some of chunks(ids, PLANS_AT_ONCE)) {
    for (const plan of (await plans.get(some)).values())
      total += aheadKwh(plan, epochMs(now), epochMs(now) + AT_RISK_MS);
  }
  return Math.round(total * 10) / 10;
}

function aheadKwh({ windows }: Plan, fromMs: number, toMs: number): number {
  return windows.reduce((total, { startsAt, endsAt, energyKwh }) => {
    const [start, end] = [epochMs(startsAt), epochMs(endsAt)];
    const overlapMs = Math.max(0, Math.min(end, toMs) - Math.max(start, fromMs));
    return total + (energyKwh * overlapMs) / Math.max(1, end - start);
  }, 0);
}
