import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Asset } from "../../shared/domain/asset.ts";
import { epochMs, HOUR_MS, type Instant, instant, parseInstant, plusMs } from "../../shared/domain/instant.ts";
import type { Slot } from "../../shared/domain/signal.ts";
import { anAsset, aPortfolio, fakePlatform, heatPumpInput, NOW, runOps, type Stored } from "./ops-world.ts";

const SERIES = "grid-event#main@C";
const FROM = "2026-01-15T02:00Z";
const TO = "2026-01-15T03:00:00+00:00";
const assets = [anAsset(), anAsset({ assetId: "car-0002", vendorAssetId: "5YJ3E7EA9PF100002" })];
const setArgs = (from: string, to: string, kw: string | number, ...more: string[]) => [
  ...["event", "set", "--portfolio", "main@C", "--from", from, "--to", to, "--kw", String(kw)],
  ...more,
];
const listArgs = ["event", "list", "--portfolio", "main@C"];
const withdrawArgs = (from: string, to: string) => [
  ...["event", "withdraw", "--portfolio", "main@C", "--from", from, "--to", to],
];

const slot = (from: string, kw: number, issuedAt: Instant = plusMs(NOW, -HOUR_MS)): Slot => {
  const startsAt = parseInstant(from);
  return { startsAt, endsAt: plusMs(startsAt, HOUR_MS / 2), value: kw, kind: "actual", issuedAt };
};
const platformWith = (stored: Stored = {}) => fakePlatform({ assets, ...stored });
type World = ReturnType<typeof platformWith>;
/** `HH:MM kW` of every slot stored. */
const stored = async ({ signals }: World) =>
  (await signals.slots(SERIES, plusMs(NOW, -24 * HOUR_MS), plusMs(NOW, 500 * 24 * HOUR_MS))).map(
    ({ startsAt, value }) => `${startsAt.slice(11, 16)} ${value}`,
  );

describe("ops event set", () => {
  it("writes half-hours, has the portfolio planned anew, and says how to take it back", async () => {
    const world = platformWith();
    const { code, out, err } = await runOps(setArgs(FROM, TO, 4), world.target);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(world.signals.writes).toEqual([
      { series: SERIES, slots: [slot("2026-01-15T02:00Z", 4, NOW), slot("2026-01-15T02:30Z", 4, NOW)] },
    ]);
    expect(world.bus.published).toEqual([
      {
        name: "GridEventChanged",
        detail: { portfolioId: "main@C", from: parseInstant(FROM), to: parseInstant(TO) },
      },
    ]);
    expect(out).toBe(`main@C on the local platform, times of Europe/London (UTC+00:00)
  Thu 15 Jan 02:00-03:00  at most   4.0 kW  event
Its 2 assets are planned anew within two minutes.
To take it back:
  npm run ops -- event withdraw --portfolio main@C \\
    --from 2026-01-15T02:00Z --to 2026-01-15T03:00Z
`);
  });

  it("limits what comes before and after it too, and tells all of that span", async () => {
    const world = platformWith();
    const sides = ["--before-kw", "9", "--before-minutes", "30", "--rebound-kw", "6.25", "--rebound-minutes", "60"];
    const { out } = await runOps(setArgs(FROM, TO, 0, ...sides), world.target);
    expect(await stored(world)).toEqual(["01:30 9", "02:00 0", "02:30 0", "03:00 6.25", "03:30 6.25"]);
    expect(world.bus.published).toMatchObject([
      { detail: { from: parseInstant("2026-01-15T01:30Z"), to: parseInstant("2026-01-15T04:00Z") } },
    ]);
    expect(out).toContain("Thu 15 Jan 01:30-02:00  at most   9.0 kW  before\n");
    expect(out).toContain("Thu 15 Jan 02:00-03:00  at most   0.0 kW  event\n");
    expect(out).toContain("Thu 15 Jan 03:00-04:00  at most  6.25 kW  rebound\n");
    expect(out).toContain("--from 2026-01-15T01:30Z --to 2026-01-15T04:00Z");
  });

  it("replaces what stood in its half-hours, but its sides loosen nothing", async () => {
    const world = platformWith({ signals: { [SERIES]: [slot(FROM, 1), slot("2026-01-15T03:00Z", 2)] } });
    const { out } = await runOps(setArgs(FROM, TO, 4, "--rebound-kw", "6", "--rebound-minutes", "60"), world.target);
    expect(await stored(world)).toEqual(["02:00 4", "02:30 4", "03:00 2", "03:30 6"]);
    expect(out).toContain("02:00-02:30  at most   4.0 kW  event, in place of 1.0 kW\n");
  });

  it("writes only what lies ahead of one that has begun", async () => {
    const world = platformWith();
    await runOps(setArgs("2026-01-14T21:00Z", "2026-01-14T23:00Z", 4), world.target);
    expect(await stored(world)).toEqual(["22:00 4", "22:30 4"]);
  });

  it("may be set again after a failure on the way, with the same end", async () => {
    const world = platformWith();
    const sides = ["--rebound-kw", "6", "--rebound-minutes", "30"];
    const publish = world.target.connection.bus.publish;
    world.target.connection.bus.publish = () => Promise.reject(new Error("no route"));
    expect((await runOps(setArgs(FROM, TO, 4, ...sides), world.target)).code).toBe(1);
    world.target.connection.bus.publish = publish;
    expect((await runOps(setArgs(FROM, TO, 4, ...sides), world.target)).code).toBe(0);
    expect(await stored(world)).toEqual(["02:00 4", "02:30 4", "03:00 6"]);
    expect(world.bus.published).toHaveLength(1);
  });

  it("says when plans do not look that far yet, and what heat pumps keep of it", async () => {
    const pump = Asset.parse(heatPumpInput());
    const { out } = await runOps(
      setArgs("2026-01-20T02:00Z", "2026-01-20T03:00Z", 4),
      platformWith({ assets: [pump] }).target,
    );
    expect(out).toContain("Its 1 asset is planned anew within two minutes. Plans look 48 h ahead");
    expect(out).toContain("Kept free for its heat pump, which nobody can hold off: 3.0 kW of each limit.");
  });

  const half = ["--rebound-kw", "6"];
  it.each<[what: string, args: string[], says: string]>([
    ["a time without a zone", setArgs("2026-01-15T02:00", TO, 4), "--from: time without a zone, or not ISO 8601"],
    ["a day that is none", setArgs(FROM, "2026-02-30T02:00Z", 4), "--to: not a calendar date"],
    ["an edge off the half-hour", setArgs("2026-01-15T02:15Z", TO, 4), "--from: limits begin and end on half-hours"],
    ["an end before its beginning", setArgs("2026-01-15T04:00Z", TO, 4), "--to must be after --from"],
    ["no time at all", setArgs(FROM, FROM, 4), "--to must be after --from"],
    ["more than a day", setArgs(FROM, "2026-01-16T02:30Z", 4), "From --from to --to may be at most 24 h"],
    ["the past", setArgs("2026-01-14T20:00Z", "2026-01-14T22:00Z", 4), "--to is in the past"],
    ["another year", setArgs("2062-01-14T20:00Z", "2062-01-14T22:00Z", 4), "--from is more than a year ahead"],
    ["less than nothing", setArgs(FROM, TO, -1), "It must be a number of kW, 0 or more"],
    ["a word for a number", setArgs(FROM, TO, "four"), "It must be a number of kW, 0 or more"],
    ["half a rebound", setArgs(FROM, TO, 4, ...half), "--rebound-kw and --rebound-minutes go together"],
    ["a rebound of 45 minutes", setArgs(FROM, TO, 4, ...half, "--rebound-minutes", "45"), "must be a multiple of 30"],
    ["a rebound of no time", setArgs(FROM, TO, 4, ...half, "--rebound-minutes", "0"), "must be a multiple of 30"],
    ["no limit", setArgs(FROM, TO, 4).slice(0, -2), "'--kw <kW>' not specified"],
    ["a portfolio of nobody", setArgs(FROM, TO, 4).with(3, "main@J"), "there is: main@C"],
    ["what is no portfolio", setArgs(FROM, TO, 4).with(3, "main"), "there is: main@C"],
    ["a word too much", setArgs(FROM, TO, 4, "now"), "too many arguments"],
    [
      "a list of a portfolio of nobody",
      listArgs.with(3, "depot@C"),
      "A portfolio is <fleet>@<region>; there is: main@C",
    ],
    ["a withdrawal of the past", withdrawArgs("2026-01-14T20:00Z", "2026-01-14T22:00Z"), "--to is in the past"],
    ["a withdrawal of a month", withdrawArgs(FROM, "2026-02-15T02:00Z"), "may be at most 72 h"],
  ])("refuses %s, and writes nothing", async (_, args, says) => {
    const world = platformWith();
    const { code, out, err } = await runOps(args, world.target);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toContain(says);
    expect(world.signals.writes).toEqual([]);
    expect(world.bus.published).toEqual([]);
  });

  it("knows portfolios by the sites' own regions, and says when there is none", async () => {
    const site = { siteId: "home", timeZone: "Europe/London", region: "J" };
    const there = await runOps(setArgs(FROM, TO, 4), platformWith({ assets: [anAsset({ site })] }).target);
    expect(there.err).toContain("there is: main@J");
    const nobody = await runOps(setArgs(FROM, TO, 4), platformWith({ assets: [] }).target);
    expect(nobody.err).toContain("no asset is enrolled yet");
  });
});

describe("ops event withdraw", () => {
  it("writes over the span that nothing is limited, and tells what stood there", async () => {
    const world = platformWith();
    await runOps(setArgs(FROM, TO, 4, "--rebound-kw", "6", "--rebound-minutes", "30"), world.target);
    const { code, out } = await runOps(withdrawArgs(FROM, "2026-01-15T03:30Z"), world.target);
    expect(code).toBe(0);
    expect(await stored(world)).toEqual(["02:00 -1", "02:30 -1", "03:00 -1"]);
    expect(world.bus.published.at(-1)).toMatchObject({ name: "GridEventChanged", detail: { portfolioId: "main@C" } });
    expect(out).toContain("  Thu 15 Jan 02:00-03:00  withdrawn: at most 4.0 kW\n");
    expect(out).toContain("  Thu 15 Jan 03:00-03:30  withdrawn: at most 6.0 kW\n");
    expect((await runOps(listArgs, world.target)).out).toBe("main@C on the local platform: no limit lies ahead.\n");
  });

  it("is told again when nothing stood there: the first telling may have been lost", async () => {
    const world = platformWith();
    const { code, out } = await runOps(withdrawArgs(FROM, TO), world.target);
    expect(code).toBe(0);
    expect(out).toContain("No limit stood there; now it is written that there is none.");
    expect(world.bus.published).toHaveLength(1);
  });

  it("undoes any event by the span that setting it told", async () => {
    const halfHours = (most: number) => fc.integer({ min: 1, max: most });
    const side = fc.option(fc.record({ kw: fc.integer({ min: 0, max: 99 }), halfHours: halfHours(6) }));
    await fc.assert(
      fc.asyncProperty(halfHours(90), halfHours(48), side, side, async (ahead, length, before, rebound) => {
        const world = platformWith();
        const fromMs = Math.floor(epochMs(NOW) / (HOUR_MS / 2)) * (HOUR_MS / 2) + (ahead * HOUR_MS) / 2;
        const sideArgs = (name: string, one: typeof before) =>
          one ? [`--${name}-kw`, String(one.kw), `--${name}-minutes`, String(30 * one.halfHours)] : [];
        const args = setArgs(instant(fromMs), instant(fromMs + (length * HOUR_MS) / 2), 5);
        const { code, out } = await runOps(
          [...args, ...sideArgs("before", before), ...sideArgs("rebound", rebound)],
          world.target,
        );
        expect(code).toBe(0);
        expect((await stored(world)).length).toBeGreaterThan(0);
        const [, from = "", to = ""] = /--from (\S+) --to (\S+)/.exec(out) ?? [];
        await runOps(withdrawArgs(from, to), world.target);
        expect((await stored(world)).filter((text) => !text.endsWith(" -1"))).toEqual([]);
      }),
      { numRuns: 20 },
    );
  });
});

describe("ops event list", () => {
  const signals = {
    [SERIES]: [slot("2026-01-14T22:30Z", 4), slot("2026-01-14T23:00Z", 4), slot("2026-01-14T23:30Z", 9)],
  };
  const listed = async (changes: Stored) => {
    const { code, out } = await runOps(listArgs, platformWith({ signals, ...changes }).target);
    expect(code).toBe(0);
    return out;
  };

  it("tells each limit beside what is planned there", async () => {
    const limitKw = [null, 4, 4, 9, null];
    expect(await listed({ portfolios: [aPortfolio([7.4, 3.7, 1.2, 7.4, 7.4], { limitKw })] })).toBe(
      `main@C on the local platform, times of Europe/London (UTC+00:00)
  Wed 14 Jan 22:30-23:30  at most   4.0 kW  planned: up to 3.7 kW
  Wed 14 Jan 23:30-00:00  at most   9.0 kW  planned: up to 7.4 kW
`,
    );
  });

  it("says so where a plan breaks a limit, less what cannot be moved", async () => {
    const portfolios = [aPortfolio([0, 3.7, 0, 8, 0], { limitKw: [null, 3.6, 3.6, 9, null] })];
    const out = await listed({ portfolios });
    expect(out).toContain("planned: up to 3.7 kW, OVER it");
    expect(out).toContain("planned: up to 8.0 kW\n");
  });

  it.each<[string, Stored]>([
    ["no plan yet", {}],
    ["not yet planned for", { portfolios: [aPortfolio([3, 3, 3], { madeAt: plusMs(NOW, -2 * HOUR_MS) })] }],
    ["beyond the plan", { portfolios: [aPortfolio([3])] }],
  ])("does not guess: %s", async (says, changes) => {
    expect(await listed(changes)).toContain(`at most   4.0 kW  ${says}\n`);
  });

  it("gives scripts the same", async () => {
    const { out } = await runOps([...listArgs, "--json"], platformWith({ signals }).target);
    expect(JSON.parse(out)).toMatchObject([{ kw: 4, planned: "no plan yet" }, { kw: 9 }]);
  });
});
