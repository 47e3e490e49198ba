import { type KillSwitchStore, latest, type SwitchLine, withLine } from "../../shared/store/kill-switch.ts";

/** The kill switch in memory: never set, unless its trail is given. */
export function fakeKillSwitchStore(lines: SwitchLine[] = []): KillSwitchStore {
  let trail = lines;
  return {
    history: async () => structuredClone(trail),
    read: async () => latest(trail),
    async set(setting) {
      trail = withLine(trail, setting);
      return latest(trail);
    },
  };
}
