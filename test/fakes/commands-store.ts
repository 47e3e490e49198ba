import { Command, PRIOR_STATUSES } from "../../shared/domain/command.ts";
import { CommandRow } from "../../shared/domain/command-row.ts";
import { type Instant, parseInstant } from "../../shared/domain/instant.ts";
import {
  type CommandKey,
  type CommandsStore,
  type Delivery,
  linkAfter,
  type Newest,
} from "../../shared/store/commands.ts";
import { begun, dueAt, headOf, moved } from "../../shared/store/ledger.ts";

export type FakeCommandsStore = CommandsStore & {
  /** Every command, oldest window first. */
  all(): CommandRow[];
};

/** Table `commands` in memory: the lifecycle is the write condition, and what has ended and is told leaves the open index. */
export function fakeCommandsStore(
  commands: readonly Command[] = [],
  scribe: { by: string; now: () => Instant } = { by: "test", now: () => parseInstant("2026-11-21T02:00Z") },
): FakeCommandsStore {
  const rows = new Map<string, CommandRow>();
  const newest = new Map<string, Newest>();
  const turns = new Map<string, Delivery>();
  const keyOf = (key: CommandKey) => `${key.assetId}|${key.commandId}`;
  const stamp = () => ({ by: scribe.by, at: scribe.now() });
  const put = (row: CommandRow) => {
    rows.set(keyOf(row), CommandRow.parse(row));
    return structuredClone(row);
  };
  const issue: FakeCommandsStore["issue"] = async (command, owed = []) => {
    if (rows.has(keyOf(command))) return undefined;
    return begin(command, owed);
  };
  const begin = (command: Command, owed: Parameters<typeof begun>[3]) => {
    const last = newest.get(command.assetId);
    const before = last && rows.get(keyOf({ assetId: command.assetId, commandId: last.commandId }));
    const row = begun(Command.parse(command), linkAfter(last, before && headOf(before)), stamp(), owed);
    const { sequence, commandId, issuedAt } = row;
    newest.set(command.assetId, { sequence, commandId, issuedAt, hash: headOf(row) });
    return put(row);
  };
  for (const command of commands) begin(command, []);
  const all = () => structuredClone([...rows.values()].sort((a, b) => (a.commandId < b.commandId ? -1 : 1)));
  return {
    all,
    issue,
    async get(key) {
      return structuredClone(rows.get(keyOf(key)));
    },
    async transition(key, to, changes, owed = []) {
      const now = rows.get(keyOf(key));
      const before = "history" in key ? key : now;
      if (!now || !before || headOf(now) !== headOf(before)) return undefined;
      if (!PRIOR_STATUSES[to].includes(before.status)) return undefined;
      if (to === "sending" && newest.get(key.assetId)?.commandId !== key.commandId) return undefined;
      return put(moved(before, to, changes, stamp(), owed));
    },
    async amend(row, changes, owed = []) {
      const now = rows.get(keyOf(row));
      if (!now || headOf(now) !== headOf(row)) return undefined;
      return put(moved(row, row.status, changes, stamp(), owed));
    },
    async told(row) {
      const now = rows.get(keyOf(row));
      const ids = row.untold?.map(({ eventId }) => eventId);
      if (!now?.untold) return;
      const { untold, ...rest } = now;
      const left = untold.filter(({ eventId }) => !ids?.includes(eventId));
      put(left.length > 0 ? { ...rest, untold: left } : rest);
    },
    async handOn(key, { turn, by }) {
      const last = turns.get(keyOf(key));
      const isCopy = last !== undefined && (last.turn > turn || (last.turn === turn && last.by !== by));
      if (!isCopy) turns.set(keyOf(key), { turn, by });
      return !isCopy;
    },
    async *open(by) {
      const due = all()
        .flatMap((row) => ({ row, at: dueAt(row) ?? "never" }))
        .filter(({ at }) => at !== "never" && (by === undefined || at <= by))
        .sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
      yield { commands: due.map(({ row }) => row), unreadable: 0 };
    },
    async recent(assetId, limit) {
      return all()
        .filter((command) => command.assetId === assetId)
        .reverse()
        .slice(0, limit);
    },
    async newest(assetId) {
      return structuredClone(newest.get(assetId));
    },
    async trail(assetId) {
      const rows = all().filter((command) => command.assetId === assetId);
      return { rows, unreadable: [], newest: structuredClone(newest.get(assetId)) };
    },
  };
}
