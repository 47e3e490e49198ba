import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { runBacktest } from "../../local/backtest/cli.ts";
import { backtestProgress } from "../../local/backtest/progress.ts";
import { MINUTE_MS } from "../../shared/domain/instant.ts";

const folder = mkdtempSync(join(tmpdir(), "headroom-backtest-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function run(...args: string[]) {
  const [stdout, stderr]: [string[], string[]] = [[], []];
  const code = await runBacktest(args, {
    out: { write: (line) => stdout.push(line) },
    err: { write: (line) => stderr.push(line) },
    nowMs: () => 0,
  });
  return { stdout: stdout.join(""), stderr: stderr.join(""), code };
}

function fixture(name: string, lines: readonly string[]): string {
  const path = join(folder, name);
  writeFileSync(path, `${lines.join("\n")}\n`);
  return path;
}

const STARTS_MS = Date.parse("2026-01-12T00:00Z");
const times = (count: number, minutes: number) =>
  Array.from({ length: count }, (_, i) => new Date(STARTS_MS + i * minutes * MINUTE_MS).toISOString());
const halfHours = times(5 * 48 + 1, 30);
const prices = fixture("prices.csv", [
  "start_utc,end_utc,import_pence_per_kwh_inc_vat",
  ...halfHours.slice(1).map((end, i) => `${halfHours[i]},${end},${20 + 10 * Math.sin(i / 7)}`),
]);
const marginalLines = [
  "start_utc,moer_kgco2_per_kwh,forecast_5min_ahead,forecast_60min_ahead",
  ...times(5 * 288, 5).map((start, i) => `${start},${0.2 + 0.1 * Math.sin(i / 40)},0.2,0.25`),
];
const marginal = fixture("marginal.csv", marginalLines);
const gap = fixture("gap.csv", marginalLines.toSpliced(5, 1));
const HEADER =
  "session,station,arrival_utc,departure_utc,estimated_departure_utc,requested_kwh,delivered_kwh,user_input";
const stays = fixture("stays.csv", [
  HEADER,
  ...[0, 1, 2, 3].flatMap((day) => [
    `a${day},A,2026-01-1${2 + day}T08:03:10Z,2026-01-1${2 + day}T16:00:00Z,2026-01-1${2 + day}T17:00:00Z,15,12,yes`,
    `b${day},B,2026-01-1${2 + day}T09:00:00Z,2026-01-1${2 + day}T17:30:00Z,2026-01-1${2 + day}T15:00:00Z,9,14,yes`,
  ]),
  "quick,A,2026-01-12T20:00:00Z,2026-01-12T20:00:00Z,,,0,no",
  "lost,A,2026-01-12T20:00:00Z,,,,3,no",
]);
const noEnergy = fixture("no-energy.csv", [HEADER, "a,A,2026-01-12T08:00:00Z,2026-01-12T09:00:00Z,,,,no"]);
const backwards = fixture("backwards.csv", [HEADER, "a,A,2026-01-12T08:00:00Z,2026-01-12T07:00:00Z,,,1,no"]);
const elsewhere = fixture("elsewhere.csv", [HEADER, "a,A,2025-12-29T08:00:00Z,2025-12-29T12:00:00Z,,,5,no"]);

describe("npm run backtest", () => {
  it("says on one screen what a policy cost, and writes the same as JSON and as a page of drawings", async () => {
    const [json, html] = [join(folder, "report.json"), join(folder, "report.html")];
    const args = ["--prices", prices, "--carbon", marginal, "--sessions", stays, "--cap", "8", "--step", "15"];
    const { stdout, stderr, code } = await run(...args, "--json", json, "--html", html);
    expect(stderr).toBe("");
    expect(code).toBe(0);
    expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
    for (const name of ["at plug-in", "least laxity first", "rolling", "perfect foresight"])
      expect(stdout).toMatch(new RegExp(`^${name} +\\d`, "m"));
    for (const cause of ["arrival", "departure", "need", "signal", "execution"])
      expect(stdout).toMatch(new RegExp(`^  ${cause} `, "m"));
    const report = JSON.parse(readFileSync(json, "utf8"));
    expect(report).toMatchObject({ cars: 8, capKw: 8, unit: "pence", baseline: "llf", policy: "rolling" });
    expect(report.rows.map((row: { policy: string }) => row.policy)).toEqual(["now", "llf", "rolling", "cheapest"]);
    const page = readFileSync(html, "utf8");
    expect(page.match(/<svg /g)).toHaveLength(4);
    expect(page).not.toMatch(/<script|<link|src=|href="http/);
  });

  it("plays one marginal signal with its forecasts", async () => {
    const { stdout, code } = await run("--carbon", marginal, "--sessions", stays, "--policy", "now");
    expect(code).toBe(0);
    expect(stdout).toContain("left out, without departure, stay or energy: 2 sessions");
    expect(stdout).toMatch(/^at plug-in .* 0\.0 +0 /m);
    expect(stdout).not.toContain("£");
  });

  it.each<[string, string[], RegExp]>([
    ["no sessions", ["--prices", prices], /^--sessions is needed/],
    ["no signal", ["--sessions", stays], /^--prices or --carbon is needed/],
    ["a policy that is none", ["--sessions", stays, "--policy", "best"], /--policy.*now, llf, cheapest, rolling\.$/],
    ["a cap of nothing", ["--sessions", stays, "--cap", "0"], /--cap.*It must be above 0\.$/],
    ["a step that divides no hour", ["--sessions", stays, "--step", "7"], /--step.*It must be 5, 10, 15, 30 or 60\.$/],
    ["a station without kW", ["--sessions", stays, "--station-kw", "A"], /It must be a station and its kW/],
    ["a zone that is none", ["--sessions", stays, "--prices", prices, "--zone", "Mars"], /^"Mars" is not a time zone/],
    ["a missing file", ["--sessions", join(folder, "none.csv"), "--prices", prices], /none\.csv does not exist\.$/],
    ["prices for sessions", ["--sessions", prices, "--prices", prices], /line 1 names no column session\.$/],
    ["a stay without energy", ["--sessions", noEnergy, "--prices", prices], /line 2 has no delivered_kwh\.$/],
    ["a stay that ends first", ["--sessions", backwards, "--prices", prices], /line 2 departs before it arrives\.$/],
    [
      "a hole in the marginal signal",
      ["--sessions", stays, "--carbon", gap],
      /line 6 starts at .*, not one step after/,
    ],
    [
      "sessions of another time",
      ["--sessions", elsewhere, "--prices", prices],
      /lies within the signals \(2026-01-12 to 2026-01-17\); --shift-days 14 would bring the first one there\.$/,
    ],
    ["a suite of nowhere", ["--suite", join(folder, "no")], /no\/sessions\/.*\.csv does not exist\.$/],
    ["a suite with a cap", ["--suite", folder, "--cap", "8"], /^--suite goes alone/],
    [
      "a report nowhere",
      ["--sessions", stays, "--prices", prices, "--html", join(folder, "no", "x")],
      /there is no folder/,
    ],
    [
      "real runs in short steps under a cap",
      ["--sessions", stays, "--prices", prices, "--cap", "8", "--execution", "real"],
      /needs --step 10 or more/,
    ],
  ])("refuses %s in one sentence", async (_what, args, sentence) => {
    const { stdout, stderr, code } = await run(...args);
    expect(stderr.split("\n")[0]).toMatch(sentence);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(stdout).toBe("");
    expect(code).toBe(2);
  });
});

describe("the tables of docs/backtest.md", () => {
  it("come from one command, whole, with nothing that is no number", async () => {
    const data = mkdtempSync(join(folder, "data-"));
    for (const name of ["sessions", "signals"]) mkdirSync(join(data, name));
    const copy = (from: string, to: string) => writeFileSync(join(data, to), readFileSync(from));
    copy(stays, "sessions/acn_caltech_2021-05.csv");
    copy(stays, "sessions/acn_jpl_2021-05.csv");
    copy(marginal, "signals/caiso_sce_moer_5min_2021-05.csv");
    copy(prices, "signals/gb_agile_2023-09-01_2023-12-20.csv");
    const hours = times(5 * 24 + 1, 60);
    const carbon = hours.slice(1).map((end, hour) => `${hours[hour]},${end},${200 + 90 * Math.sin(hour / 4)}`);
    writeFileSync(
      join(data, "signals/gb_carbon_hourly_2023-09-01_2023-12-20.csv"),
      `start_utc,end_utc,actual_gco2_per_kwh\n${carbon.join("\n")}\n`,
    );
    // 1463 days before the signals.
    const garage = [0, 1, 2, 3].map(
      (day) => `n${day},G${day},2022-01-1${day}T18:00:00Z,2022-01-1${day + 1}T06:00:00Z,15`,
    );
    writeFileSync(
      join(data, "sessions/norway_residential_2019-09-15_2019-12-15.csv"),
      `session,station,arrival_utc,departure_utc,delivered_kwh\n${garage.join("\n")}\n`,
    );
    const { stdout, code } = await run("--suite", data);
    expect(code).toBe(0);
    expect(stdout).not.toMatch(/NaN|undefined|Infinity/);
    const rows = stdout.split("\n").filter((line) => line.startsWith("| ") && !line.startsWith("| ---"));
    const heads = 4;
    expect(rows).toHaveLength(heads + 7 + 7 + 3 * 12 + 3 * 11);
    const columns = (line: string) => line.split("|").length;
    for (const text of stdout.split("\n\n").filter((part) => part.startsWith("|")))
      expect(new Set(text.trim().split("\n").map(columns)).size).toBe(1);
    expect(stdout).toMatch(/^\| garages, GB carbon \| \d+\.\d\d \| \d+\.\d\d \| .* \| 100\.0 % \| /m);
  });
});

describe("the progress of a long run", () => {
  function told(isTTY: boolean, moments: readonly [number, string, number][]) {
    const written: string[] = [];
    let nowMs = 0;
    const progress = backtestProgress({ isTTY, write: (line) => written.push(line) }, () => nowMs);
    for (const [ms, what, share] of moments) {
      nowMs = ms;
      progress.update(what, share);
    }
    progress.end();
    return written.join("");
  }

  it("is nothing for a short one", () => expect(told(true, [[1000, "rolling", 0.5]])).toBe(""));

  it("is one line that rewrites itself on a terminal, and gone at the end", () => {
    const seen = told(true, [
      [3000, "rolling", 0.5],
      [3100, "rolling", 0.501],
      [3200, "rolling", 0.6],
    ]);
    expect(seen).toBe("\r\x1b[2Krolling: 50 %\r\x1b[2Krolling: 60 %\r\x1b[2K");
  });

  it("is a few plain lines in a pipe", () => {
    const seen = told(false, [
      [3000, "rolling", 0.1],
      [4000, "rolling", 0.2],
      [40_000, "rolling", 0.6],
      [41_000, "rolling", 1],
    ]);
    expect(seen).toBe("rolling: 10 %\nrolling: 60 %\nrolling: 100 %\n");
  });
});
