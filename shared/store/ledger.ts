import { COMMAND_CHANGES, type Command, type CommandChanges, type CommandStatus, isEnded } from "../domain/command.ts";
import type { CommandRow, HistoryEntry, Link } from "../domain/command-row.ts";
import type { NewEvent, StampedEvent } from "../domain/events.ts";
import { type Instant, plusMs } from "../domain/instant.ts";
import { hashOf } from "./canonical.ts";

/** Who writes, and when. */
export type Stamp = { by: string; at: Instant };

/** Commands are kept this long, longer than any settlement of what they did. */
export const LEDGER_DAYS = 400;
/** An event that is still owed after this long is told by the verifier's minute. */
export const OWED_AFTER_MS = 60_000;

/** Twice what an invocation may take: by then its own worker would have said what became of a command. */
const IN_DOUBT_AFTER_MS = 60_000;

/** A new command's row: its first line is over the whole intent, and over where the asset's command before it stood. */
export function begun(command: Command, link: Link, stamp: Stamp, owed: readonly NewEvent[]): CommandRow {
  const { intent, state } = split(command);
  const line = { ...stamp, ...state };
  const entry = { ...line, hash: firstHash({ ...intent, ...link }, line) };
  return { ...intent, ...link, ...state, history: [entry], ...untold([], entry.hash, stamp.at, owed) };
}

/** The row after a transition: the same, its trail one line longer and tied to the line before. */
export function moved(
  row: CommandRow,
  to: CommandStatus,
  given: CommandChanges,
  stamp: Stamp,
  owed: readonly NewEvent[],
): CommandRow {
  const changes = Object.fromEntries(
    Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [[name, wellFormed(value)]])),
  );
  const line = { ...stamp, status: to, ...changes };
  const entry: HistoryEntry = { ...line, hash: nextHash(headOf(row), line) };
  const next = { ...row, ...changes, status: to, history: [...row.history, entry] as CommandRow["history"] };
  return { ...next, ...untold(row.untold ?? [], entry.hash, stamp.at, owed) };
}

/** A text that was cut in the middle of a character, as a vendor's may be, could not be stored. */
function wellFormed(value: unknown): unknown {
  return typeof value === "string" ? Buffer.from(value).toString() : value;
}

/** The hash of a row's last line. */
export function headOf({ history }: Pick<CommandRow, "history">): string {
  return (history.at(-1) ?? history[0]).hash;
}

/** When somebody must look at a row again: to judge it, to count it while in doubt, or to tell what it owes. Undefined when nothing is left to do. */
export function dueAt(row: CommandRow): Instant | undefined {
  const first = row.untold?.[0];
  const tellAt = first && plusMs(first.occurredAt, OWED_AFTER_MS);
  const judgeAt = isEnded(row.status) ? undefined : row.checkAt;
  return [tellAt, judgeAt, inDoubtFrom(row)].flatMap((at) => at ?? []).sort()[0];
}

/** True when nobody has known for long what became of a command that may have reached its device. */
export function isInDoubt(row: CommandRow, now: Instant): boolean {
  const from = inDoubtFrom(row);
  return from !== undefined && from <= now;
}

function inDoubtFrom({ status, history }: CommandRow): Instant | undefined {
  if (status !== "sending" && status !== "unknown") return undefined;
  return plusMs((history.at(-1) ?? history[0]).at, IN_DOUBT_AFTER_MS);
}

export function firstHash(intent: object, line: object): string {
  return hashOf({ intent, line });
}

export function nextHash(before: string, line: object): string {
  return hashOf({ before, line });
}

const STATE: readonly string[] = ["status", ...COMMAND_CHANGES];
type State = Pick<Command, "status"> & CommandChanges;

/** What a command is from its issue on, apart from what transitions change. */
export function split<C extends Command>(command: C) {
  const entries = Object.entries(command).filter(([, value]) => value !== undefined);
  const pick = (isState: boolean) => Object.fromEntries(entries.filter(([name]) => STATE.includes(name) === isState));
  return { intent: pick(false) as Omit<C, keyof State>, state: pick(true) as State & Pick<C, "attempts" | "checkAt"> };
}

/** What is owed with what is new, under ids that follow from the line: told again, it is the same event. */
function untold(before: readonly StampedEvent[], hash: string, occurredAt: Instant, owed: readonly NewEvent[]) {
  const added = owed.map((event, index) => ({ ...event, eventId: `${hash.slice(0, 32)}-${index}`, occurredAt }));
  const all = [...before, ...added];
  return all.length > 0 ? { untold: all } : {};
}
