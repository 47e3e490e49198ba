import { Command, isEnded, PRIOR_STATUSES } from "../../shared/domain/command.ts";
import type { CommandKey, CommandsStore } from "../../shared/store/commands.ts";

export type FakeCommandsStore = CommandsStore & {
  /** Every command, oldest window first. */
  all(): Command[];
};

/** Table `commands` in memory: the lifecycle table is the write condition, and ended commands leave the open index. */
export function fakeCommandsStore(commands: readonly Command[] = []): FakeCommandsStore {
  const rows = new Map<string, Command>();
  const keyOf = (key: CommandKey) => `${key.assetId}|${key.commandId}`;
  for (const command of commands) rows.set(keyOf(command), Command.parse(command));
  const all = () => structuredClone([...rows.values()].sort((a, b) => (a.commandId < b.commandId ? -1 : 1)));
  return {
    all,
    async issue(command) {
      if (rows.has(keyOf(command))) return false;
      rows.set(keyOf(command), Command.parse(command));
      return true;
    },
    async get(key) {
      return structuredClone(rows.get(keyOf(key)));
    },
    async transition(key, to, changes) {
      const before = rows.get(keyOf(key));
      if (!before || !PRIOR_STATUSES[to].includes(before.status)) return undefined;
      const set = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
      const after = Command.parse({ ...before, ...set, status: to });
      rows.set(keyOf(key), after);
      return structuredClone(after);
    },
    async open(by) {
      return all()
        .filter((command) => !isEnded(command.status))
        .filter((command) => by === undefined || command.checkAt <= by)
        .sort((a, b) => (a.checkAt < b.checkAt ? -1 : a.checkAt > b.checkAt ? 1 : 0));
    },
    async recent(assetId, limit) {
      return all()
        .filter((command) => command.assetId === assetId)
        .reverse()
        .slice(0, limit);
    },
  };
}
