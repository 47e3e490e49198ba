import type { AssetId } from "../../shared/domain/asset.ts";
import type { Cause, CausesStore, OutageRow } from "../../shared/store/causes.ts";

/** What people were told of, in memory: each cause once, until it is over. */
export function fakeCausesStore(): CausesStore {
  const causes = new Map<string, { assetId: AssetId; raisedBy: string; clearedBy?: string }>();
  const outages = new Map<string, OutageRow>();
  const keyOf = ({ integration, of, faultClass }: Cause) => `${integration}|${of}|${faultClass}`;
  return {
    async raise(cause, by, assetId) {
      const row = causes.get(keyOf(cause));
      if (row && row.clearedBy === undefined && row.raisedBy !== by) return false;
      causes.set(keyOf(cause), { assetId, raisedBy: by });
      return true;
    },
    async clear(cause, by) {
      const row = causes.get(keyOf(cause));
      if (!row || (row.clearedBy !== undefined && row.clearedBy !== by)) return undefined;
      row.clearedBy = by;
      return row.assetId;
    },
    async outage(integration) {
      return structuredClone(outages.get(integration));
    },
    async beginOutage(outage, at) {
      const last = outages.get(outage.integration);
      if (last && last.outage.endedAt === undefined) return false;
      outages.set(outage.integration, { outage: structuredClone(outage), untoldSince: at });
      return true;
    },
    async endOutage({ integration, since }, endedAt, at) {
      const last = outages.get(integration);
      if (last?.outage.since !== since || last.outage.endedAt !== undefined) return false;
      outages.set(integration, { outage: { ...last.outage, endedAt }, untoldSince: at });
      return true;
    },
    async toldOutage({ integration, since, endedAt }) {
      const last = outages.get(integration);
      if (last?.outage.since === since && last.outage.endedAt === endedAt) last.untoldSince = undefined;
    },
  };
}
