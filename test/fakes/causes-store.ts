import type { AssetId } from "../../shared/domain/asset.ts";
import type { Instant } from "../../shared/domain/instant.ts";
import type { Cause, CausesStore, OutageRow } from "../../shared/store/causes.ts";

type Row = { assetId: AssetId; raised: { by: string; at: Instant }; cleared?: { by: string; at: Instant } };

/** What people were told of, in memory: each cause once, until it is over. */
export function fakeCausesStore(): CausesStore {
  const causes = new Map<string, Row>();
  const outages = new Map<string, OutageRow>();
  const keyOf = ({ integration, of, faultClass }: Cause) => `${integration}|${of}|${faultClass}`;
  return {
    async raise(cause, by, assetId, at) {
      const row = causes.get(keyOf(cause));
      if (row && !row.cleared) return row.raised.by === by ? row.raised.at : undefined;
      causes.set(keyOf(cause), { assetId, raised: { by, at } });
      return at;
    },
    async clear(cause, by, at) {
      const row = causes.get(keyOf(cause));
      if (!row || (row.cleared && row.cleared.by !== by)) return undefined;
      row.cleared ??= { by, at };
      return { assetId: row.assetId, at: row.cleared.at };
    },
    async outage(integration) {
      return structuredClone(outages.get(integration));
    },
    async putOutage({ outage, untoldSince, step }) {
      const last = outages.get(outage.integration);
      if (last && last.step !== step - 1) return false;
      outages.set(outage.integration, structuredClone({ outage, untoldSince, step }));
      return true;
    },
  };
}
