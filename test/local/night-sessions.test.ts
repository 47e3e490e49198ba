import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { nightOf } from "../../local/night/night.ts";
import { drawSessions, generateSessions, readSessions, type Session } from "../../local/night/sessions.ts";
import { seededRandom } from "../../local/random.ts";
import { HOUR_MS } from "../../shared/domain/instant.ts";

const LONDON = "Europe/London";
const DAY_MS = 24 * HOUR_MS;
const folder = mkdtempSync(join(tmpdir(), "headroom-sessions-"));
afterAll(() => rmSync(folder, { recursive: true }));

function fileOf(text: string, name = "sessions.csv"): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

function aSession(id: string, arrival: string, departure: string, energyKwh = 10): Session {
  return { id, arrivesAtMs: Date.parse(arrival), departsAtMs: Date.parse(departure), energyKwh };
}

function localTime(ms: number): string {
  return new Intl.DateTimeFormat("en-GB", {
    timeZone: LONDON,
    weekday: "short",
    hour: "2-digit",
    minute: "2-digit",
  }).format(ms);
}

describe("a night", () => {
  it.each([
    ["2026-01-14", 24],
    ["2026-03-28", 23],
    ["2026-10-24", 25],
  ])("of %s in London is %i hours from noon to noon", (date, hours) => {
    const night = nightOf(date, LONDON);
    expect((night.endsAtMs - night.startsAtMs) / HOUR_MS).toBe(hours);
    expect([night.startsAtMs, night.endsAtMs].map((ms) => localTime(ms).slice(-5))).toEqual(["12:00", "12:00"]);
  });

  it.each(["2023-13-01", "2023-02-30", "2023-1-1", "tonight", "", "9999-12-31"])("of %j is refused", (date) => {
    expect(() => nightOf(date, LONDON)).toThrow(`--night wants a date such as 2023-10-15, not "${date}"`);
  });

  it("in a zone that does not exist is refused", () => {
    expect(() => nightOf("2026-01-14", "Nowhere/None")).toThrow('"Nowhere/None" is not a time zone name');
  });
});

describe("a session file", () => {
  const HEADER = "session,arrival_utc,departure_utc,delivered_kwh,note\n";
  const GOOD = "a,2019-11-20T17:00:00Z,2019-11-21T07:00:00Z,10.5,\n";

  it("is read whole, other columns, blank lines and a byte-order mark aside", () => {
    expect(readSessions(fileOf(`\uFEFF${HEADER}${GOOD}\n`))).toEqual({
      sessions: [aSession("a", "2019-11-20T17:00Z", "2019-11-21T07:00Z", 10.5)],
      leftOut: 0,
    });
  });

  it("has rows without a departure, a stay of ten minutes or energy left out and counted", () => {
    const { sessions, leftOut } = readSessions(
      fileOf(
        `${HEADER}${GOOD}none,2019-11-20T17:00:00Z,,10,\nzero,2019-11-20T17:00:00Z,2019-11-20T17:00:00Z,10,\n` +
          "short,2019-11-20T17:00:00Z,2019-11-20T17:09:59Z,10,\nempty,2019-11-20T17:00:00Z,2019-11-20T19:00:00Z,0,\n",
      ),
    );
    expect(sessions.map(({ id }) => id)).toEqual(["a"]);
    expect(leftOut).toBe(4);
  });

  it.each([
    ["b,2019-11-20T17:00:00,2019-11-21T07:00:00Z,10,", /^bad\.csv line 3: arrival_utc: time without a zone/],
    ["b,2019-11-20T17:00:00Z,2019-02-30T07:00:00Z,10,", /^bad\.csv line 3: departure_utc: not a calendar date/],
    ["b,2019-11-20T17:00:00Z,2019-11-20T16:00:00Z,10,", /^bad\.csv line 3: the departure is before the arrival$/],
    ["b,2019-11-20T17:00:00Z,2019-11-21T07:00:00Z,lots,", /^bad\.csv line 3: delivered_kwh is not a number: "lots"$/],
    ["b,2019-11-20T17:00:00Z,2019-11-21T07:00:00Z,,", /^bad\.csv line 3: delivered_kwh is not a number: ""$/],
    ["b,2019-11-20T17:00:00Z", /^bad\.csv: Invalid Record Length: .* on line 3$/],
    ['b,"2019-11-20T17:00:00Z', /^bad\.csv: Quote Not Closed: .* line 3/],
  ])("with the row %j is refused in one sentence with file and line", (row, message) => {
    const path = fileOf(`${HEADER}${GOOD}${row}\n`, "bad.csv");
    expect(() => readSessions(path)).toThrow(
      expect.objectContaining({ name: "BadInput", message: expect.stringMatching(message) }),
    );
  });

  it("without one of its columns is refused by the column's name", () => {
    const path = fileOf("session,arrival_utc,delivered_kwh\na,2019-11-20T17:00:00Z,3\n", "columns.csv");
    expect(() => readSessions(path)).toThrow(/^columns\.csv line 2: column departure_utc is missing$/);
  });

  it("that does not exist or holds nothing usable is refused by its name", () => {
    expect(() => readSessions(join(folder, "none.csv"))).toThrow(/none\.csv does not exist\.$/);
    expect(() => readSessions(fileOf(HEADER, "empty.csv"))).toThrow(
      /empty\.csv holds no session with a stay and energy\.$/,
    );
  });
});

describe("sessions drawn for a night", () => {
  const night = nightOf("2023-11-22", LONDON);
  const draw = (recorded: Session[], cars?: number, seed = 1, of = night) =>
    drawSessions(recorded, of, { cars, chargers: 0 }, seededRandom(seed), "/data/sessions.csv");
  /** Wednesdays at 18:00 over eight weeks, two cars each. */
  const wednesdays = Array.from({ length: 8 }, (_, week) => {
    const ms = Date.parse("2023-10-11T00:00Z") + week * 7 * DAY_MS;
    return ["a", "b"].map((name, i) => ({
      id: `${week}${name}`,
      arrivesAtMs: ms + (18 + i) * HOUR_MS,
      departsAtMs: ms + 31 * HOUR_MS,
      energyKwh: 10,
    }));
  }).flat();

  it("are those that begin in it, in order of arrival, and nothing needs saying", () => {
    expect(draw(wednesdays)).toEqual({
      cars: [
        aSession("6a", "2023-11-22T18:00Z", "2023-11-23T07:00Z"),
        aSession("6b", "2023-11-22T19:00Z", "2023-11-23T07:00Z"),
      ],
      chargers: [],
      notes: [],
    });
  });

  it("leave out whoever comes in the last hour before noon", () => {
    const late = aSession("late", "2023-11-23T11:00Z", "2023-11-23T15:00Z");
    expect(draw([...wednesdays, late]).cars.map(({ id }) => id)).toEqual(["6a", "6b"]);
  });

  it("come from 1463 days earlier, the same weekday, when the file is of another year, and the report says so", () => {
    const recorded = aSession("then", "2019-11-20T18:00Z", "2019-11-21T07:00Z");
    const { cars: sessions, notes } = draw([recorded]);
    expect(sessions).toEqual([aSession("then", "2023-11-22T18:00Z", "2023-11-23T07:00Z")]);
    expect(notes).toEqual(["sessions are shifted by 1463 days (209 weeks) onto this night"]);
    expect(new Date(recorded.arrivesAtMs).getUTCDay()).toBe(new Date(night.startsAtMs).getUTCDay());
  });

  it("are fewer when fewer cars are asked for, chosen by seed", () => {
    const chosen = Array.from({ length: 20 }, (_, seed) =>
      draw(wednesdays, 1, seed)
        .cars.map(({ id }) => id)
        .join(),
    );
    expect(new Set(chosen)).toEqual(new Set(["6a", "6b"]));
    expect(draw(wednesdays, 1, 3)).toEqual(draw(wednesdays, 1, 3));
  });

  it("come from other nights of the same weekday when more cars are asked for, by seed, and the report says so", () => {
    const { cars: sessions, notes } = draw(wednesdays, 6);
    expect(notes).toEqual(["4 of 6 sessions are drawn from other nights of the same weekday"]);
    expect(new Set(sessions.map(({ id }) => id)).size).toBe(6);
    expect(draw(wednesdays, 6)).toEqual({ cars: sessions, chargers: [], notes });
    expect(draw(wednesdays, 6, 2).cars).not.toEqual(sessions);
  });

  it("keep weekday and local time across the October clock change", () => {
    // The first three Wednesdays are in summer time; 18:00 UTC was 19:00 at home.
    const { cars: sessions } = draw(wednesdays, 16);
    const times = sessions.map(({ id, arrivesAtMs, departsAtMs }) => [
      id,
      localTime(arrivesAtMs),
      localTime(departsAtMs),
    ]);
    expect(times).toContainEqual(["1a", "Wed 19:00", "Thu 08:00"]);
    expect(times).toContainEqual(["5a", "Wed 18:00", "Thu 07:00"]);
    expect(sessions.every(({ arrivesAtMs }) => arrivesAtMs >= night.startsAtMs && arrivesAtMs < night.endsAtMs)).toBe(
      true,
    );
  });

  it("keep local times into the night of the clock change itself, and a stay that it would turn round", () => {
    const saturday = nightOf("2023-10-28", LONDON);
    const recorded = [
      aSession("here", "2023-10-28T18:00Z", "2023-10-29T07:00Z"),
      aSession("before", "2023-10-21T17:00:30Z", "2023-10-22T06:30Z"),
    ];
    const moved = draw(recorded, 2, 1, saturday).cars.find(({ id }) => id === "before");
    expect([localTime(moved?.arrivesAtMs ?? 0), localTime(moved?.departsAtMs ?? 0)]).toEqual([
      "Sat 18:00",
      "Sun 07:30",
    ]);
    expect((moved?.arrivesAtMs ?? 0) % 60_000).toBe(30_000);
    // 01:50 summer time to 01:10 winter time is twenty minutes; on another night it must not end before it begins.
    const folded = [
      aSession("here", "2023-11-04T18:00Z", "2023-11-05T07:00Z"),
      aSession("fold", "2023-10-29T00:50Z", "2023-10-29T01:10Z"),
    ];
    const fold = draw(folded, 2, 1, nightOf("2023-11-04", LONDON)).cars.find(({ id }) => id === "fold");
    expect(fold).toEqual(aSession("fold", "2023-11-05T01:50Z", "2023-11-05T02:10Z"));
  });

  it("are repeated under a name of their own when even the other nights have too few", () => {
    const { cars: sessions } = draw(wednesdays, 40);
    expect(sessions).toHaveLength(40);
    expect(new Set(sessions.map(({ id }) => id)).size).toBe(40);
    expect(sessions.some(({ id }) => id.endsWith("-again-1"))).toBe(true);
  });

  it("are never both a car's and a charger's: all of the night are cars', and chargers get others", () => {
    const both = (counts: { cars: number | undefined; chargers: number }) =>
      drawSessions(wednesdays, night, counts, seededRandom(1), "/data/sessions.csv");
    const all = both({ cars: undefined, chargers: 3 });
    expect(all.cars.map(({ id }) => id)).toEqual(["6a", "6b"]);
    expect(all.notes).toEqual(["3 of 5 sessions are drawn from other nights of the same weekday"]);
    const { cars, chargers } = both({ cars: 6, chargers: 5 });
    expect([cars.length, chargers.length]).toEqual([6, 5]);
    expect(new Set([...cars, ...chargers].map(({ id }) => id)).size).toBe(11);
    expect(cars).toEqual(both({ cars: 6, chargers: 0 }).cars);
    for (const some of [cars, chargers]) {
      const arrivals = some.map(({ arrivesAtMs }) => arrivesAtMs);
      expect(arrivals).toEqual(arrivals.toSorted((a, b) => a - b));
    }
  });

  it("are refused for a night outside the data, with what the file covers", () => {
    expect(() => draw(wednesdays, undefined, 1, nightOf("2024-05-01", LONDON))).toThrow(
      "no session begins in the night 2024-05-01: sessions.csv covers 2023-10-11 to 2023-11-29 (or 1463 days later)",
    );
  });

  it("are refused when there is no other night of the weekday to draw from", () => {
    expect(() => draw(wednesdays.slice(12, 14), 3)).toThrow(
      "sessions.csv has no other night of this weekday to draw 3 sessions from",
    );
  });
});

describe("generated sessions", () => {
  const night = nightOf("2026-01-14", LONDON);

  it("come home in the evening, leave in the morning and need what fits a car, by seed", () => {
    const sessions = generateSessions(night, 200, seededRandom(1));
    expect(sessions).toHaveLength(200);
    expect(sessions).toEqual(generateSessions(night, 200, seededRandom(1)));
    expect(sessions).not.toEqual(generateSessions(night, 200, seededRandom(2)));
    for (const { arrivesAtMs, departsAtMs, energyKwh } of sessions) {
      expect(arrivesAtMs).toBeGreaterThanOrEqual(night.startsAtMs + HOUR_MS);
      expect(arrivesAtMs).toBeLessThanOrEqual(night.startsAtMs + 11 * HOUR_MS);
      expect(departsAtMs).toBeGreaterThanOrEqual(night.startsAtMs + 17 * HOUR_MS);
      expect(departsAtMs).toBeLessThan(night.endsAtMs);
      expect(energyKwh).toBeGreaterThan(2);
      expect(energyKwh).toBeLessThan(50);
    }
    expect(sessions.map((one) => one.arrivesAtMs)).toEqual(
      sessions.map((one) => one.arrivesAtMs).sort((a, b) => a - b),
    );
  });
});
