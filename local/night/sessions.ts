import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { parse } from "csv-parse/sync";
import { epochMs, HOUR_MS, instant, MINUTE_MS, parseInstant } from "../../shared/domain/instant.ts";
import { localDate, localToInstant } from "../../shared/zone.ts";
import { BadInput } from "../feeds/bad-input.ts";
import { normalWithin, type Random, shuffled } from "../random.ts";
import { type Night, nightOf } from "./night.ts";

/** One car's stay at its charger, epoch ms, and what it took from the grid. */
export type Session = { id: string; arrivesAtMs: number; departsAtMs: number; energyKwh: number };

/** Whole weeks between the recorded Norwegian sessions of 2019 and the prices of 2023. */
const RECORDED_SHIFT_DAYS = 1463;
const DAY_MS = 24 * HOUR_MS;
/** Shorter stays than this are plug-and-leave mistakes, not charging. */
const SHORTEST_STAY_MS = 10 * MINUTE_MS;

/**
 * Reads a session file: columns `session`, `arrival_utc`, `departure_utc`, `delivered_kwh`; others are ignored. Rows with
 * no departure, no stay or no energy are left out and counted. Throws BadInput naming file and line, or the file when it
 * holds no session at all.
 */
export function readSessions(path: string): { sessions: Session[]; leftOut: number } {
  const file = basename(path);
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    const missing = cause instanceof Error && "code" in cause && cause.code === "ENOENT";
    throw new BadInput(missing ? `${path} does not exist.` : `${path} cannot be read.`, { cause });
  }
  let rows: { record: Record<string, string>; info: { lines: number } }[];
  try {
    rows = parse(text, { bom: true, columns: true, info: true, skip_empty_lines: true, trim: true });
  } catch (cause) {
    throw new BadInput(`${file}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
  const sessions: Session[] = [];
  let leftOut = 0;
  for (const { record, info } of rows) {
    const fail = (what: string): never => {
      throw new BadInput(`${file} line ${info.lines}: ${what}`);
    };
    const field = (name: string): string => record[name] ?? fail(`column ${name} is missing`);
    const time = (name: string): number => {
      try {
        return epochMs(parseInstant(field(name)));
      } catch (error) {
        return fail(`${name}: ${error instanceof Error ? error.message : String(error)}`);
      }
    };
    const arrivesAtMs = time("arrival_utc");
    const energyKwh = Number(field("delivered_kwh"));
    if (field("delivered_kwh") === "" || !Number.isFinite(energyKwh))
      fail(`delivered_kwh is not a number: "${record.delivered_kwh}"`);
    if (field("departure_utc") === "") {
      leftOut++;
      continue;
    }
    const departsAtMs = time("departure_utc");
    if (departsAtMs < arrivesAtMs) fail("the departure is before the arrival");
    if (departsAtMs - arrivesAtMs < SHORTEST_STAY_MS || energyKwh <= 0) leftOut++;
    else sessions.push({ id: field("session"), arrivesAtMs, departsAtMs, energyKwh });
  }
  if (sessions.length === 0) throw new BadInput(`${path} holds no session with a stay and energy.`);
  return { sessions, leftOut };
}

/** No session is in both. */
export type Drawn = { cars: Session[]; chargers: Session[]; notes: string[] };

/**
 * The sessions that begin in the night, shifted from their own year if need be: first for the cars, all of that night when
 * their number is not given, then for the chargers. Where more are wanted than there are, further ones from other nights
 * of the same weekday, by seed. Throws BadInput when the file has nothing for such a weekday.
 */
export function drawSessions(
  recorded: readonly Session[],
  night: Night,
  counts: { cars: number | undefined; chargers: number },
  random: Random,
  file: string,
): Drawn {
  const notes: string[] = [];
  let pool = recorded;
  let ofNight = beginningIn(pool, night);
  if (ofNight.length === 0) {
    pool = recorded.map((session) => shift(session, RECORDED_SHIFT_DAYS));
    ofNight = beginningIn(pool, night);
    if (ofNight.length > 0)
      notes.push(
        `sessions are shifted by ${RECORDED_SHIFT_DAYS} days (${RECORDED_SHIFT_DAYS / 7} weeks) onto this night`,
      );
  }
  if (ofNight.length === 0) {
    const spans = recorded.map((session) => session.arrivesAtMs).sort((a, b) => a - b);
    const day = (ms: number | undefined) => new Date(ms ?? 0).toISOString().slice(0, 10);
    throw new BadInput(
      `no session begins in the night ${night.date}: ${basename(file)} covers ${day(spans[0])} to ${day(spans.at(-1))} ` +
        `(or ${RECORDED_SHIFT_DAYS} days later)`,
    );
  }
  const cars = counts.cars ?? ofNight.length;
  const wanted = cars + counts.chargers;
  const chosen = shuffled(ofNight, random).slice(0, wanted);
  if (chosen.length < wanted) {
    const weeks = Array.from({ length: 60 }, (_, index) => index - 30).filter((week) => week !== 0);
    const others = shuffled(
      weeks.flatMap((week) => fromNight(pool, night, week * 7)),
      random,
    );
    if (others.length === 0)
      throw new BadInput(`${basename(file)} has no other night of this weekday to draw ${wanted} sessions from`);
    const missing = wanted - chosen.length;
    for (let i = 0; i < missing; i++) {
      const drawn = others[i % others.length] as Session;
      chosen.push(i < others.length ? drawn : { ...drawn, id: `${drawn.id}-again-${Math.floor(i / others.length)}` });
    }
    notes.push(`${missing} of ${wanted} sessions are drawn from other nights of the same weekday`);
  }
  return { cars: byArrival(chosen.slice(0, cars)), chargers: byArrival(chosen.slice(cars)), notes };
}

function byArrival(sessions: Session[]): Session[] {
  return sessions.sort((a, b) => a.arrivesAtMs - b.arrivesAtMs || (a.id < b.id ? -1 : 1));
}

function beginningIn(sessions: readonly Session[], night: Night): Session[] {
  return sessions.filter(
    ({ arrivesAtMs }) => arrivesAtMs >= night.startsAtMs && arrivesAtMs < night.endsAtMs - HOUR_MS,
  );
}

/** The sessions of the night `daysAway` from this one, brought here with their local times of arrival and departure. */
function fromNight(sessions: readonly Session[], night: Night, daysAway: number): Session[] {
  const otherDate = new Date(Date.parse(night.date) + daysAway * DAY_MS).toISOString().slice(0, 10);
  return beginningIn(sessions, nightOf(otherDate, night.zone)).map((session) => {
    const arrivesAtMs = atSameLocalTime(session.arrivesAtMs, -daysAway, night.zone);
    const departsAtMs = atSameLocalTime(session.departsAtMs, -daysAway, night.zone);
    const stayMs = session.departsAtMs - session.arrivesAtMs;
    // A stay within the hour that a clock change takes away or gives twice keeps its length.
    const isStay = departsAtMs - arrivesAtMs >= SHORTEST_STAY_MS;
    return { ...session, arrivesAtMs, departsAtMs: isStay ? departsAtMs : arrivesAtMs + stayMs };
  });
}

function atSameLocalTime(ms: number, days: number, zone: string): number {
  const date = localDate(instant(ms), zone);
  const movedDate = new Date(Date.parse(date) + days * DAY_MS).toISOString().slice(0, 10);
  const time = new Intl.DateTimeFormat("en-GB", { timeZone: zone, hour: "2-digit", minute: "2-digit" }).format(ms);
  return epochMs(localToInstant(movedDate, time, zone)) + (ms % MINUTE_MS);
}

function shift(session: Session, days: number): Session {
  return {
    ...session,
    arrivesAtMs: session.arrivesAtMs + days * DAY_MS,
    departsAtMs: session.departsAtMs + days * DAY_MS,
  };
}

/** Realistic evenings when no file is given: home between four and nine, away around half past seven. */
export function generateSessions(night: Night, count: number, random: Random): Session[] {
  const sessions = Array.from({ length: count }, (_, index): Session => {
    const arrivesAtMs = night.startsAtMs + normalWithin(random, 5.75, 1.6, 1, 11) * HOUR_MS;
    const departsAtMs = night.startsAtMs + normalWithin(random, 19.5, 1, 17, 23) * HOUR_MS;
    const energyKwh = Math.exp(normalWithin(random, 2.4, 0.6, 1, 3.9));
    return {
      id: `session-${index + 1}`,
      arrivesAtMs: Math.round(arrivesAtMs / 1000) * 1000,
      departsAtMs: Math.round(departsAtMs / 1000) * 1000,
      energyKwh: Math.round(energyKwh * 100) / 100,
    };
  });
  return sessions.sort((a, b) => a.arrivesAtMs - b.arrivesAtMs);
}
