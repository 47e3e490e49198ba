import type { AssetId } from "../../shared/domain/asset.ts";
import { Habits } from "../../shared/domain/habits.ts";
import type { HabitsStore } from "../../shared/store/habits.ts";
import { uniqueKeys } from "./unique-keys.ts";

/** Habits in memory: they replace only the version before them. */
export function fakeHabitsStore(): HabitsStore {
  const rows = new Map<AssetId, Habits>();
  return {
    async get(assetIds) {
      return new Map(
        uniqueKeys(assetIds).flatMap((assetId) => {
          const habits = rows.get(assetId);
          return habits ? [[assetId, structuredClone(habits)] as const] : [];
        }),
      );
    },
    async put(habits) {
      const before = rows.get(habits.assetId);
      if (before && before.version !== habits.version - 1) return false;
      rows.set(habits.assetId, Habits.parse(habits));
      return true;
    },
  };
}
