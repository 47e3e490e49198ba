import { epochMs, type Instant, later, MINUTE_MS } from "../../shared/domain/instant.ts";
import { Stream } from "../../shared/domain/reading.ts";
import { minuteAt, minuteNumber } from "../../shared/domain/wheel.ts";
import type { Cursor, Run } from "../../shared/store/schedule.ts";

/** One part of one minute that a tick takes up: claimed once by its place in the ledger, whichever tick it is. */
export type Turn = {
  minute: Instant;
  part: string;
  attempt: number;
  stream: Stream;
  /** Too late from here on: the assets have another turn. */
  notAfter: Instant;
  /** `own` is the slot whose minute it is, `missed` a quarter of one that had no turn, `due` the looks asked for. */
  kind: "own" | "missed" | "due";
  /** Of its wheel; 0 for `due`. */
  periodMinutes: number;
  /** Of a missed slot: 0 to 3. */
  quarter?: number;
};

/** What is known of an integration before a tick decides. */
export type Standing = {
  tickAt: Instant;
  cursor: Cursor | undefined;
  /** Streams of the manifest. */
  streams: readonly Stream[];
  /** `<stream>#<periodMinutes>` of the manifest's cadences. */
  wheels: readonly string[];
  ledger: readonly Run[];
  isOpen: boolean;
};

export type Turns = {
  /** What this minute owes, and what a former attempt left unfinished. */
  turns: Turn[];
  /** What nobody looked at in its time, oldest first: to be taken as far as there is room. */
  missed: Turn[];
  cursor: Cursor;
};

/** How long a batch may be on its way before its assets are sent out again, minutes: an invocation's age limit and its life. */
export const IN_FLIGHT_MINUTES = 5;
/** How far back the ledger is read: a run is repeated, and a vendor judged, by what happened since. */
export const LOOK_BACK_MINUTES = 15;
/** A missed slot whose own turn comes sooner than this waits for it. */
const FAR_MINUTES = 15;
/** A tick may be late by a minute: until then it will do its own work. */
const GRACE_MINUTES = 2;
/** A look asked for longer ago than this has been overtaken by the wheel and by its command's end. */
const DUE_MINUTES = 60;
export const QUARTERS = [0, 1, 2, 3] as const;

/**
 * Which turns a tick takes. A slot's turn never moves, whatever was missed: of missed turns only the last is made good,
 * only when the next is far, and by quarters, so that little is added to a minute's own work.
 */
export function turnsOf({ tickAt, cursor, streams, wheels, ledger, isOpen }: Standing): Turns {
  const now = minuteNumber(tickAt);
  // The first tick of all may be late or lost like any other: the looks asked for at enrolment wait for the one that comes.
  const before = cursor ?? { through: minuteAt(now - 1), dueThrough: minuteAt(now - LOOK_BACK_MINUTES), wheels: [] };
  const all = [...new Set([...wheels, ...before.wheels])].flatMap(wheelOf);
  const runs = new Map(ledger.map((run) => [`${run.minute}#${run.part}`, run]));
  // Late, and another tick has made good what this one owed.
  const isOvertaken = ledger.some(({ minute, part }) => minute === tickAt && part.includes("#missed-"));

  const own = isOvertaken ? [] : all.map((wheel) => slotTurn(now, wheel));
  const due = dueMinutes(before, now).flatMap((minute) => streams.map((stream) => dueTurn(minute, now, stream)));
  const again = isOpen ? [] : ledger.flatMap((run) => repeated(run, now));
  const missed = all.flatMap((wheel) => missedTurns(wheel, before, now, runs));
  return {
    turns: [...due, ...own, ...again],
    missed: missed.sort((a, b) => minuteNumber(a.minute) - minuteNumber(b.minute)),
    cursor: {
      through: later(before.through, minuteAt(now - GRACE_MINUTES)),
      // While the vendor is down nothing that was asked for is taken up, so that proofs are not forgotten.
      dueThrough: isOpen ? before.dueThrough : later(before.dueThrough, tickAt),
      wheels: all.map(({ stream, periodMinutes }) => `${stream}#${periodMinutes}`),
    },
  };
}

/** The cursor after a tick: it waits at the oldest missed turn that there was no room for. */
export function cursorAfter(before: Cursor | undefined, { cursor, missed }: Turns, taken: number): Cursor {
  const [oldest] = missed.slice(taken);
  if (!oldest) return cursor;
  const waiting = minuteAt(minuteNumber(oldest.minute) - 1);
  return { ...cursor, through: before ? later(before.through, waiting) : waiting };
}

/** How far behind the wheel was when a tick came, ms. */
export function lagMs({ cursor, tickAt }: Pick<Standing, "cursor" | "tickAt">, now: Instant): number {
  const behind = cursor ? minuteNumber(tickAt) - minuteNumber(cursor.through) - GRACE_MINUTES - 1 : 0;
  return Math.max(0, behind) * MINUTE_MS + Math.max(0, epochMs(now) - epochMs(tickAt));
}

type Wheel = { stream: Stream; periodMinutes: number };

function wheelOf(name: string): Wheel[] {
  const [stream, minutes] = name.split("#");
  const parsed = Stream.safeParse(stream);
  return parsed.success ? [{ stream: parsed.data, periodMinutes: Number(minutes) }] : [];
}

function slotTurn(minute: number, { stream, periodMinutes }: Wheel, quarter?: number): Turn {
  const part = `${stream}#${periodMinutes}`;
  const common = {
    minute: minuteAt(minute),
    attempt: 1,
    stream,
    periodMinutes,
    notAfter: minuteAt(minute + periodMinutes),
  };
  return quarter === undefined
    ? { ...common, part, kind: "own" }
    : { ...common, part: `${part}#missed-${quarter}`, kind: "missed", quarter };
}

function dueTurn(minute: number, now: number, stream: Stream): Turn {
  const notAfter = minuteAt(now + IN_FLIGHT_MINUTES);
  return {
    minute: minuteAt(minute),
    part: `${stream}#due`,
    attempt: 1,
    stream,
    notAfter,
    kind: "due",
    periodMinutes: 0,
  };
}

function dueMinutes({ dueThrough }: Cursor, now: number): number[] {
  const from = Math.max(minuteNumber(dueThrough) + 1, now - DUE_MINUTES + 1);
  return Array.from({ length: Math.max(0, now - from + 1) }, (_, index) => from + index);
}

/** Turns within the last half period that nobody had, and whose next is far. Empty in steady state. */
function missedTurns(wheel: Wheel, { through }: Cursor, now: number, runs: ReadonlyMap<string, Run>): Turn[] {
  const far = Math.max(FAR_MINUTES, wheel.periodMinutes / 2);
  const turns: Turn[] = [];
  const first = Math.max(minuteNumber(through) + 1, Math.ceil(now - wheel.periodMinutes + far));
  for (let minute = first; minute <= now - GRACE_MINUTES; minute++) {
    const whole = runs.get(`${minuteAt(minute)}#${wheel.stream}#${wheel.periodMinutes}`);
    if (whole && whole.held === 0) continue;
    const quarters = QUARTERS.map((quarter) => slotTurn(minute, wheel, quarter));
    turns.push(...quarters.filter((turn) => !runs.has(`${turn.minute}#${turn.part}`)));
  }
  return turns;
}

/** A run whose batches did not come back in time, once more, as long as its assets have no other turn. */
function repeated(run: Run, now: number): Turn[] {
  const finished = run.results.filter(({ attempt, finishedAt }) => attempt === run.attempt && finishedAt !== undefined);
  if (finished.length >= run.batches) return [];
  if (now - minuteNumber(run.claimedAt) < IN_FLIGHT_MINUTES) return [];
  const minute = minuteNumber(run.minute);
  const [stream, last, missed] = run.part.split("#");
  const [wheel] = wheelOf(`${stream}#${last === "due" ? LOOK_BACK_MINUTES : last}`);
  if (!wheel || !(now < minute + wheel.periodMinutes)) return [];
  const attempt = run.attempt + 1;
  if (last === "due") return [{ ...dueTurn(minute, now, wheel.stream), attempt }];
  return [{ ...slotTurn(minute, wheel, missed ? Number(missed.slice("missed-".length)) : undefined), attempt }];
}
