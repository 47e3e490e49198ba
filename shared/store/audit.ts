import type { CommandRow } from "../domain/command-row.ts";
import { epochMs, HOUR_MS, type Instant } from "../domain/instant.ts";
import { canonical } from "./canonical.ts";
import type { Trail } from "./commands.ts";
import { firstHash, LEDGER_DAYS, nextHash, split } from "./ledger.ts";

/** Where an asset's trail does not hold, in words, and at which command. */
export type Break = { commandId: string; why: string };

/**
 * The first break of an asset's trail, oldest command first; undefined when it holds. Nothing here is secret: who may rewrite the table may write a trail that holds, but
 * not the hashes that were logged.
 */
export function firstBreak({ rows, unreadable, newest }: Trail, now: Instant): Break | undefined {
  const [commandId] = unreadable;
  if (commandId) return { commandId, why: "its row cannot be read" };
  const oldestFirst = rows.toSorted((a, b) => a.sequence - b.sequence);
  for (const [index, row] of oldestFirst.entries()) {
    const why = linkBreak(row, oldestFirst[index - 1], now) ?? lineBreak(row);
    if (why) return { commandId: row.commandId, why };
  }
  const last = oldestFirst.at(-1);
  if (!newest) return last && { commandId: last.commandId, why: "where the trail ends is not noted any more" };
  if (last ? last.sequence < newest.sequence : !isExpired(newest.issuedAt, now))
    return { commandId: newest.commandId, why: `command ${newest.sequence} is missing` };
  const isEnd = !last || (last.commandId === newest.commandId && last.history[0].hash === newest.hash);
  return isEnd ? undefined : { commandId: last.commandId, why: "the trail ends at another command than is noted" };
}

/** Commands are kept for 400 days: of older ones only the first line's tie to them is left. */
function isExpired(issuedAt: Instant, now: Instant): boolean {
  return epochMs(issuedAt) + LEDGER_DAYS * 24 * HOUR_MS <= epochMs(now);
}

function linkBreak(row: CommandRow, before: CommandRow | undefined, now: Instant): string | undefined {
  const { sequence, previous } = row;
  if (!previous) return sequence === 1 ? undefined : `command ${sequence} is tied to none before it`;
  if (!before || before.sequence !== sequence - 1) {
    if (before?.sequence === sequence) return `two commands say that they are command ${sequence}`;
    return !before && isExpired(previous.issuedAt, now) ? undefined : `command ${sequence - 1} is missing`;
  }
  if (previous.commandId !== before.commandId) return `command ${sequence} is tied to another before it`;
  return before.history.some(({ hash }) => hash === previous.hash)
    ? undefined
    : `command ${sequence} is tied to a line that command ${sequence - 1} does not have`;
}

/** Every line's hash, and that the row is what its lines say. */
function lineBreak(row: CommandRow): string | undefined {
  const { history, untold: _, ...rest } = row;
  const { intent, state } = split(rest);
  let told: object = {};
  let before: string | undefined;
  for (const [index, { hash, ...line }] of history.entries()) {
    const expected = before === undefined ? firstHash(intent, line) : nextHash(before, line);
    if (hash !== expected) return `line ${index + 1} (${line.status}) is not what was written`;
    const { at: __, by: ___, ...changes } = line;
    told = { ...told, ...changes };
    before = hash;
  }
  return canonical(told) === canonical(state) ? undefined : "its state is not what its lines say";
}
