import { Reachability, Reading } from "../../shared/domain/reading.ts";
import type { Latest, ReadingsStore, ToTell } from "../../shared/store/readings.ts";
import { uniqueKeys } from "./unique-keys.ts";

/** Table `readings` in memory: older never overwrites newer. */
export function fakeReadingsStore(): ReadingsStore {
  const rows = new Map<string, Latest>();
  const key = (assetId: string, stream: string) => `${assetId}|${stream}`;
  return {
    async latest(assetIds, stream) {
      return new Map(
        uniqueKeys(assetIds).flatMap((assetId) => {
          const row = rows.get(key(assetId, stream));
          return row ? [[assetId, structuredClone(row)] as const] : [];
        }),
      );
    },
    async record(given, reach, { untoldBy, toldBy } = {}) {
      const reading = Reading.parse(given);
      const row = rows.get(key(reading.assetId, reading.stream));
      const stored = !row?.reading || row.reading.observedAt < reading.observedAt;
      const isOwn =
        untoldBy !== undefined && row?.untoldBy === untoldBy && row.reading?.observedAt === reading.observedAt;
      rows.set(key(reading.assetId, reading.stream), {
        reading: stored ? reading : row?.reading,
        reach: Reachability.parse(reach),
        ...noteOf(row, stored ? { untoldBy, toldBy } : {}),
      });
      return isOwn ? { stored: true, previous: undefined } : { stored, previous: structuredClone(row?.reading) };
    },
    async told(reading) {
      const row = rows.get(key(reading.assetId, reading.stream));
      if (!row?.reading || row.reading.observedAt > reading.observedAt) return;
      const { untoldBy: _, ...rest } = row;
      rows.set(key(reading.assetId, reading.stream), rest);
    },
    async recordFailure(assetId, stream, reach) {
      const row = rows.get(key(assetId, stream));
      rows.set(key(assetId, stream), { ...row, reading: row?.reading, reach: Reachability.parse(reach) });
    },
  };
}

function noteOf(row: Latest | undefined, { untoldBy, toldBy }: ToTell): Pick<Latest, "untoldBy"> {
  if (untoldBy !== undefined) return { untoldBy };
  return row?.untoldBy === undefined || row.untoldBy === toldBy ? {} : { untoldBy: row.untoldBy };
}
