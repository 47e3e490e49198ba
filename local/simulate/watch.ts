import { isDeepStrictEqual } from "node:util";
import { type CommandStatus, PRIOR_STATUSES } from "../../shared/domain/command.ts";
import { epochMs, type Instant } from "../../shared/domain/instant.ts";
import type { Plan } from "../../shared/domain/plan.ts";
import type { Reading } from "../../shared/domain/reading.ts";
import type { History } from "./history.ts";
import { type Invocation, MOST_SKEW_MS, type World } from "./lambda.ts";
import { loginWatch } from "./watch-logins.ts";
import { owedWatch } from "./watch-owed.ts";

/** A device's clock may be ahead by so much, and ours behind. */
const MOST_AHEAD_MS = 5 * 60_000 + 2 * MOST_SKEW_MS;

type Row = Record<string, unknown>;
/** What of a write tells its row. */
export type Write = {
  TableName?: string;
  Key?: Row;
  Item?: Row;
  UpdateExpression?: string;
  ExpressionAttributeValues?: Row;
};
type Command = { input: object; constructor: { name: string } };

/** The writes that a command is made of, with the kind of each. */
function writesOf({ input, constructor: kind }: Command): (readonly [string, Write])[] {
  if ("TransactItems" in input)
    return (input.TransactItems as Record<string, Write>[]).flatMap((one) => Object.entries(one));
  const name = kind.name.replace("Command", "");
  return name === "Put" || name === "Update" ? [[name, input]] : [];
}

export type Watch = {
  /** Something was written: its row as it stands now is read and judged. */
  written: (command: Command, invocation: Invocation) => void;
  rotated: (rotated: { account: string; refreshToken: string; isHeard: boolean }, asker: Invocation) => void;
  logged: (code: string, fields: Record<string, unknown>, invocation: Invocation) => void;
  /** A vendor told a reading to an invocation. */
  answered: (reading: Reading, invocation: Invocation) => void;
  /** A batch was done: what was told in it must be stored, or something newer, unless its asset is said to have failed. */
  acknowledged: (invocation: Invocation) => void;
  /** Somebody is about to do what only one may: a second one is told of. */
  claimed: (what: string, who: Invocation) => void;
  logins: ReturnType<typeof loginWatch>;
  /** Each command as it was issued: when, and when it must not act any more. */
  issued: ReadonlyMap<string, { atMs: number; notAfter: Instant }>;
  /** True when no command is to be looked at by then: the verifier would read its index, and go home. */
  hasNothingOpen: (byMs: number) => boolean;
  /** Plans in force, by asset. */
  plans: ReadonlyMap<string, Plan>;
};

/** Judges each write as it is made, whatever anybody says of it. */
export function watchOf(
  world: World,
  history: History,
  rowOf: (table: string, write: Write) => Row | undefined,
): Watch {
  const { engine } = world;
  const observed = new Map<string, number>();
  const statuses = new Map<string, CommandStatus>();
  const senders = new Map<string, Invocation>();
  const plans = new Map<string, Plan>();
  const issued = new Map<string, { atMs: number; notAfter: Instant }>();
  const claims = new Map<string, string>();
  const versions = new Map<string, number>();
  const turns = new Map<string, { turn: number; by: string }>();
  const dueMs = new Map<string, number>();
  const newest = new Map<string, string>();
  const blockedUntilMs = new Map<string, number>();
  const owed = owedWatch(history, engine.nowMs);
  const logins = loginWatch(history, engine.nowMs);

  const reading = (row: Row) => {
    const [assetId, atMs] = [String(row.assetId), Number(row.observedAtMs ?? Number.NaN)];
    const told = row.reading as { assetId: string; observedAt: Instant } | undefined;
    if (!told || Number.isNaN(atMs)) return;
    const key = `${assetId} ${row.stream}`;
    const before = observed.get(key);
    observed.set(key, atMs);
    const say = (invariant: string, what: string) => history.broken(invariant, engine.nowMs(), what, assetId);
    if (before !== undefined && atMs < before)
      say("P2 older never overwrites newer", `${told.observedAt} replaced ${new Date(before).toISOString()}`);
    if (atMs > engine.nowMs() + MOST_AHEAD_MS) say("P3 what is dated ahead is refused", `stored ${told.observedAt}`);
    if (told.assetId !== assetId) say("P7 tenant isolation", `a reading of ${told.assetId} was stored for ${assetId}`);
  };

  const ledger = (row: Row, invocation: Invocation) => {
    const [id, status] = [String(row.commandId), row.status as CommandStatus];
    const assetId = String(row.assetId);
    const before = statuses.get(id);
    if (before !== status && before !== undefined && !PRIOR_STATUSES[status]?.includes(before)) {
      history.broken("P4 a command only goes forward", engine.nowMs(), `${before} became ${status} (${id})`, assetId);
    }
    statuses.set(id, status);
    const sender = senders.get(id);
    if (
      before === "sending" &&
      status !== "sending" &&
      sender !== invocation &&
      engine.nowMs() < (sender?.deadlineMs ?? 0)
    )
      history.broken(
        "what one may do is not done by two",
        engine.nowMs(),
        `${id} is taken from ${sender?.id} by ${invocation.id}`,
        assetId,
      );
    if (row.openIn === undefined) dueMs.delete(id);
    else dueMs.set(id, Number(row.dueAtMs));
    if (before === undefined) {
      issued.set(id, { atMs: engine.nowMs(), notAfter: row.notAfter as Instant });
      newest.set(assetId, id);
    }
    if (status !== "sending") return;
    invocation.notes.set(`sending ${assetId}`, id);
    if (before !== status) senders.set(id, invocation);
    const newer = newest.get(assetId);
    if (newer !== id && before !== status)
      history.broken(
        "P4 nothing is sent that a newer command took over",
        engine.nowMs(),
        `${id} after ${newer}`,
        assetId,
      );
  };

  /** Plans and habits are replaced by their next version only, a portfolio by none that was made earlier; a plan keeps its edge. */
  const forward = (row: Row) => {
    const about = String(row.assetId);
    const next = Number(row.version ?? row.madeAtMs);
    const before = versions.get(about);
    versions.set(about, next);
    const isSame = row.version === undefined || isDeepStrictEqual(plans.get(about), row.plan ?? {});
    const isBack = before !== undefined && (isSame ? next < before : next <= before);
    if (isBack) history.broken("P2 older never overwrites newer", engine.nowMs(), `${before} became ${next}`, about);
  };

  /** Of the copies of a message one makes way for the next. */
  const handedOn = (row: Row) => {
    const [id, turn, by] = [String(row.commandId), Number(row.turn), String(row.handedOnBy)];
    const before = turns.get(id);
    turns.set(id, { turn, by });
    if (before && (turn < before.turn || (turn === before.turn && by !== before.by)))
      history.broken(
        "what one may do is not done by two",
        engine.nowMs(),
        `turn ${turn} of ${id}`,
        String(row.assetId),
      );
  };

  const account = (write: Write, invocation: Invocation) => {
    const { Key, Item, UpdateExpression = "", ExpressionAttributeValues } = write;
    const key = String((Key ?? Item)?.account ?? "");
    // How fast a fleet may start is every vendor's business.
    if (!key.startsWith(`${invocation.functionName}#`) && !key.startsWith("@ramp#"))
      history.broken("P7 tenant isolation", engine.nowMs(), `${invocation.functionName} wrote the account ${key}`);
    if (UpdateExpression.includes("blockedUntilMs =")) {
      const untilMs = Number(ExpressionAttributeValues?.[":until"]);
      const before = blockedUntilMs.get(key) ?? 0;
      blockedUntilMs.set(key, untilMs);
      if (untilMs < before)
        history.broken("a vendor's word to wait is never shortened", engine.nowMs(), `by ${before - untilMs} ms`, key);
    }
    if (Item?.refusedAt !== undefined) logins.noted(Item);
    if (Item === undefined || Item.refusedAt !== undefined || Item.refreshAttemptAt !== undefined) return;
    for (const one of history.rotations) if (one.asker === invocation && one.account === key) one.isStored = true;
  };

  const schedule = (write: Write) => {
    const { pk = "", isNew } = { ...write.Key, ...write.Item } as { pk?: string; isNew?: boolean };
    if (pk.startsWith("cursor#")) owed.cursor(pk, isNew === true);
    if (pk.startsWith("outage#")) owed.outage(write.Item ?? rowOf("schedule", write) ?? {});
  };

  return {
    plans,
    logins,
    issued,
    claimed(what, { id }) {
      const first = claims.get(what);
      claims.set(what, first ?? id);
      if (first !== undefined && first !== id)
        history.broken("what one may do is not done by two", engine.nowMs(), `${what} by ${first} and ${id}`);
    },
    hasNothingOpen: (byMs) => ![...dueMs.values()].some((due) => due <= byMs),
    answered(reading, { notes }) {
      const told = (notes.get("told") as Reading[] | undefined) ?? [];
      notes.set("told", [...told, reading]);
    },
    acknowledged({ notes }) {
      for (const { assetId, stream, observedAt } of (notes.get("told") as Reading[] | undefined) ?? []) {
        if (notes.has(`failed ${assetId}`)) continue;
        const row = rowOf("readings", { Key: { assetId, stream } });
        if (row && Number(row.observedAtMs) >= epochMs(observedAt)) continue;
        history.broken("P1 no accepted reading is lost", engine.nowMs(), `${observedAt} is not stored`, assetId);
      }
    },
    written(command, invocation) {
      for (const [operation, input] of writesOf(command)) {
        const table = input.TableName ?? "";
        if (table === "accounts") account(input, invocation);
        if (table === "schedule") schedule(input);
        if (table === "plans" && input.Item) forward(input.Item);
        if (table === "plans" && input.Item?.plan) plans.set(String(input.Item.assetId), input.Item.plan as Plan);
        if (table === "commands" && input.Item?.handedOnBy !== undefined) handedOn(input.Item);
        if (table !== "readings" && table !== "commands" && table !== "plans") continue;
        const row = input.Item ?? (operation === "Update" ? rowOf(table, input) : undefined);
        if (row && table === "plans") owed.plan(row);
        if (row && table === "readings") reading(row);
        if (row && table === "readings") owed.reading(row);
        if (row?.status !== undefined && table === "commands") ledger(row, invocation);
      }
    },
    rotated(rotated, asker) {
      const asked = { asker, struckBefore: asker.struck.length, isStored: false };
      history.rotations.push({ atMs: engine.nowMs(), ...rotated, ...asked });
    },
    logged(code, fields, invocation) {
      if (code === "POLL_FAILED") invocation.notes.set(`failed ${fields.assetId}`, true);
    },
  };
}
