import { Reachability, Reading } from "../../shared/domain/reading.ts";
import type { Latest, ReadingsStore } from "../../shared/store/readings.ts";
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
    async record(given, reach) {
      const reading = Reading.parse(given);
      const row = rows.get(key(reading.assetId, reading.stream));
      const stored = !row?.reading || row.reading.observedAt < reading.observedAt;
      rows.set(key(reading.assetId, reading.stream), {
        reading: stored ? reading : row?.reading,
        reach: Reachability.parse(reach),
      });
      return { stored, previous: structuredClone(row?.reading) };
    },
    async recordFailure(assetId, stream, reach) {
      const reading = rows.get(key(assetId, stream))?.reading;
      rows.set(key(assetId, stream), { reading, reach: Reachability.parse(reach) });
    },
  };
}
