import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { main } from "../../local/night/command-line.ts";
import { workFolder } from "../../local/night/run.ts";

const folder = mkdtempSync(join(tmpdir(), "headroom-start-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What `npm start` does with these arguments, in this process: a new one takes seconds to load. */
async function refused(args: readonly string[]) {
  let [stdout, stderr] = ["", ""];
  const code = await main(args, {
    out: (text) => {
      stdout += text;
    },
    error: (text) => {
      stderr += text;
    },
    signal: new AbortController().signal,
  });
  return { stdout, stderr, code };
}

/** The same in a process of its own. */
async function run(args: readonly string[], nodeOptions: readonly string[] = []) {
  const child = spawn(process.execPath, ["--import", "tsx", ...nodeOptions, "local/start.ts", ...args], {
    cwd: fileURLToPath(new URL("../..", import.meta.url)),
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  return { stdout, stderr, code };
}

function fixture(name: string, lines: readonly string[]): string {
  const path = join(folder, name);
  writeFileSync(path, `${lines.join("\n")}\n`);
  return path;
}

const HALF_HOUR_MS = 1_800_000;

/** Prices of the first week of 2026, with one row more. */
function prices(name: string, ...more: string[]): string {
  const rows = Array.from({ length: 7 * 48 }, (_, i) => {
    const time = (ms: number) => new Date(Date.parse("2026-01-01T00:00Z") + ms).toISOString();
    return `${time(i * HALF_HOUR_MS)},${time((i + 1) * HALF_HOUR_MS)},${10 + (i % 7)}`;
  });
  return fixture(name, ["start_utc,end_utc,import_pence_per_kwh_inc_vat", ...rows, ...more]);
}

const week = prices("week.csv");
const malformed = prices("malformed.csv", "2026-01-08T00:00:00Z,2026-01-08T00:30:00Z,ten");
const sessions = fixture("sessions.csv", [
  "session,arrival_utc,departure_utc,delivered_kwh",
  "a,2026-01-14T18:00:00Z,2026-01-15T07:00:00Z,10",
]);
const badSessions = fixture("bad-sessions.csv", [
  "session,arrival_utc,departure_utc,delivered_kwh",
  "a,2026-01-14T18:00:00Z,2026-01-14T17:00:00Z,10",
]);
const missing = join(folder, "missing.csv");

describe.concurrent("npm start", () => {
  it.each<[string, string[], RegExp]>([
    ["an unknown option", ["--prces", "x.csv"], /^unknown option '--prces'/],
    ["a stray word", ["tonight"], /^too many arguments/],
    [
      "no cars and nothing else",
      ["--cars", "0"],
      /^--cars wants a whole number from 1 to 2000, or another kind of device beside it$/,
    ],
    ["too many cars", ["--cars", "2001"], /^--cars wants a whole number from 1 to 2000$/],
    ["too many chargers", ["--chargers", "2001"], /^--chargers wants a whole number from 0 to 2000$/],
    ["half a heat pump", ["--heat-pumps", "0.5"], /--heat-pumps.*'0\.5' is invalid\. It must be a whole number\.$/],
    [
      "solar sites below none",
      ["--solar-sites", "-1"],
      /--solar-sites.*'-1' is invalid\. It must be a whole number\.$/,
    ],
    ["cars that are no number", ["--cars", "x"], /--cars.*'x' is invalid\. It must be a whole number\.$/],
    ["a date that is none", ["--night", "2023-13-01"], /^--night wants a date such as 2023-10-15, not "2023-13-01"$/],
    [
      "a night outside the prices",
      ["--prices", week, "--night", "2026-06-01"],
      /^night 2026-06-01 lies outside .*week\.csv/,
    ],
    [
      "a night outside the sessions",
      ["--sessions", sessions, "--night", "2026-06-01"],
      /^no session begins in the night 2026-06-01: sessions\.csv covers/,
    ],
    ["prices that do not exist", ["--prices", missing], /missing\.csv does not exist\.$/],
    ["carbon that does not exist", ["--carbon", missing], /missing\.csv does not exist\.$/],
    ["sessions that do not exist", ["--sessions", missing], /missing\.csv does not exist\.$/],
    [
      "a malformed row of prices",
      ["--prices", malformed, "--night", "2026-01-04"],
      /malformed\.csv line 338 has a value that is not a number: "ten"\.$/,
    ],
    [
      "a malformed session",
      ["--sessions", badSessions],
      /^bad-sessions\.csv line 2: the departure is before the arrival$/,
    ],
    [
      "a zone that does not exist",
      ["--zone", "Nowhere/None"],
      /^"Nowhere\/None" is not a time zone name such as Europe\/London$/,
    ],
    [
      "faults that do not exist",
      ["--faults", "lots"],
      /--faults.*'lots' is invalid\. Allowed choices are none, some, many\.$/,
    ],
    [
      "a report into a folder that does not exist",
      ["--json", join(folder, "no", "r.json")],
      /^--json .* cannot be written: there is no folder .*no\.$/,
    ],
    [
      "a report into what is no folder",
      ["--json", join(week, "r.json")],
      /^--json .* cannot be written: there is no folder .*week\.csv\.$/,
    ],
    ["a report that is a folder", ["--json", folder], /^--json wants a file, and ".*" is a folder\.$/],
  ])("refuses %s in one sentence, before anything runs", async (_what, args, sentence) => {
    const { stdout, stderr, code } = await refused(args);
    expect([stdout, code]).toEqual(["", 2]);
    const lines = stderr.trimEnd().split("\n");
    if (lines.length > 1) expect(lines.pop()).toBe("Try: npm start -- --help");
    expect(lines).toEqual([expect.stringMatching(sentence)]);
    expect(existsSync(workFolder("runs", String(process.pid)))).toBe(false);
  });

  // Nothing can be put into /proc, whoever asks.
  it.skipIf(process.platform !== "linux")("refuses a report into a folder that cannot be written to", async () => {
    const { stderr, code } = await refused(["--json", "/proc/report.json"]);
    expect([stderr, code]).toEqual([
      "--json /proc/report.json cannot be written: it may not be put into the folder /proc.\n",
      2,
    ]);
  });

  it("refuses to run on live feeds without a network, and names the hosts", async () => {
    const noNetwork = "globalThis.fetch = () => Promise.reject(new TypeError('fetch failed'))";
    const { stdout, stderr, code } = await run(["--live"], ["--import", `data:text/javascript,${noNetwork}`]);
    expect([stdout, stderr, code]).toEqual([
      "",
      "api.octopus.energy and api.carbonintensity.org.uk could not be reached; " +
        "without --live the night runs on generated prices and needs no network.\n",
      2,
    ]);
  });

  it("explains its options with --help, and ends well", async () => {
    const { stdout, stderr, code } = await run(["--help"]);
    expect([stderr, code]).toEqual(["", 0]);
    for (const option of [
      "--cars",
      "--chargers",
      "--heat-pumps",
      "--solar-sites",
      "--night",
      "--zone",
      "--prices",
      "--carbon",
      "--sessions",
      "--faults",
      "--json",
      "--live",
    ])
      expect(stdout).toContain(option);
  });
});
