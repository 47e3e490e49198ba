import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BadInput } from "../../local/feeds/bad-input.ts";
import { readCarbon, readPrices } from "../../local/feeds/csv.ts";

const NIGHT = {
  fromMs: Date.parse("2023-11-20T16:00Z"),
  toMs: Date.parse("2023-11-21T09:00Z"),
  name: "night 2023-11-20",
};
const HEADER = "start_utc,end_utc,pence_per_kwh";
const ROW = "2023-11-20T18:00:00Z,2023-11-20T18:30:00Z,30.5";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "headroom-csv-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function fileOf(...lines: string[]): Promise<string> {
  const file = join(folder, "prices.csv");
  await writeFile(file, lines.join("\n"));
  return file;
}

async function complaint(reading: Promise<unknown>): Promise<string> {
  const error = await reading.then(
    () => undefined,
    (thrown) => thrown,
  );
  expect(error).toBeInstanceOf(BadInput);
  return error.message.replaceAll(`${folder}/`, "");
}

describe("a CSV of a signal", () => {
  it("is read by column name, in any order, with gaps left open", async () => {
    const file = await fileOf(
      "\uFEFFnote,end_utc,start_utc,import_pence_per_kwh_inc_vat,export_pence_per_kwh",
      ",2023-11-20T19:00:00Z,2023-11-20T18:30:00Z,-1.25,3",
      '"said ""hm"", twice",2023-11-20T18:30:00Z,2023-11-20T18:00:00Z,30.5,3',
      ",2023-11-20T19:30:00Z,2023-11-20T19:00:00Z,,3",
      "",
    );
    expect(await readPrices(file, NIGHT)).toEqual([
      { startsAtMs: Date.parse("2023-11-20T18:00Z"), endsAtMs: Date.parse("2023-11-20T18:30Z"), value: 30.5 },
      { startsAtMs: Date.parse("2023-11-20T18:30Z"), endsAtMs: Date.parse("2023-11-20T19:00Z"), value: -1.25 },
    ]);
  });

  it.each(["actual_gco2_per_kwh", "gco2_per_kwh", "carbon"])("may call carbon %s", async (column) => {
    const file = await fileOf(`start_utc,end_utc,${column}`, "2023-11-20T18:00:00Z,2023-11-20T19:00:00Z,200");
    expect(await readCarbon(file, NIGHT)).toMatchObject([{ value: 200 }]);
  });

  it("gives only what touches the span", async () => {
    const file = await fileOf(
      HEADER,
      "2023-11-20T15:30:00Z,2023-11-20T16:00:00Z,1",
      ROW,
      "2023-11-21T09:00:00Z,2023-11-21T09:30:00Z,3",
    );
    expect(await readPrices(file, NIGHT)).toMatchObject([{ value: 30.5 }]);
  });

  it.each<[string, string[], string]>([
    [
      "no line at all",
      [],
      "prices.csv is empty; its first line must name start_utc, end_utc and one of import_pence_per_kwh_inc_vat, pence_per_kwh, price.",
    ],
    [
      "no value column",
      ["start_utc,end_utc,cost", ROW],
      "prices.csv line 1 names no value column; expected one of import_pence_per_kwh_inc_vat, pence_per_kwh, price.",
    ],
    ["no start column", ["from,end_utc,price", ROW], "prices.csv line 1 names no column start_utc."],
    [
      "a short row",
      [HEADER, ROW, "2023-11-20T18:30:00Z,2023-11-20T19:00:00Z"],
      "prices.csv line 3 has 2 fields where the header has 3.",
    ],
    [
      "a value in words",
      [HEADER, "2023-11-20T18:00:00Z,2023-11-20T18:30:00Z,n/a"],
      'prices.csv line 2 has a value that is not a number: "n/a".',
    ],
    [
      "a value of NaN",
      [HEADER, "2023-11-20T18:00:00Z,2023-11-20T18:30:00Z,NaN"],
      'prices.csv line 2 has a value that is not a number: "NaN".',
    ],
    [
      "a time without a zone",
      [HEADER, ROW, "2023-11-20T18:30:00,2023-11-20T19:00:00Z,1"],
      'prices.csv line 3, start_utc: time without a zone, or not ISO 8601: "2023-11-20T18:30:00"; write it with Z or an offset.',
    ],
    [
      "a date that is none",
      [HEADER, "2023-11-20T18:00:00Z,2023-11-31T18:30:00Q,1"],
      'prices.csv line 2, end_utc: time without a zone, or not ISO 8601: "2023-11-31T18:30:00Q"; write it with Z or an offset.',
    ],
    [
      "an end before its start",
      [HEADER, "2023-11-20T18:30:00Z,2023-11-20T18:00:00Z,1"],
      "prices.csv line 2 ends at or before its start.",
    ],
    [
      "a time off the half-hour",
      [HEADER, "2023-11-20T18:15:00Z,2023-11-20T18:45:00Z,1"],
      "prices.csv line 2, start_utc: 2023-11-20T18:15:00Z is not on a half-hour.",
    ],
    [
      "a start that comes twice",
      [HEADER, ROW, ROW],
      "prices.csv line 3 has the same start as line 2: 2023-11-20T18:00:00.000Z.",
    ],
    [
      "rows that overlap",
      [HEADER, "2023-11-20T18:00:00Z,2023-11-20T19:00:00Z,1", "2023-11-20T18:30:00Z,2023-11-20T19:00:00Z,1"],
      "prices.csv line 3 overlaps line 2: 2023-11-20T18:30:00.000Z.",
    ],
    ["nothing but gaps", [HEADER, "2023-11-20T18:00:00Z,2023-11-20T18:30:00Z,"], "prices.csv holds no value."],
    [
      "another time",
      [HEADER, "2023-09-01T00:00:00Z,2023-09-01T00:30:00Z,1"],
      "night 2023-11-20 lies outside prices.csv, which covers 2023-09-01T00:00:00.000Z to 2023-09-01T00:30:00.000Z.",
    ],
  ])("is refused in one sentence with %s", async (_what, lines, sentence) => {
    expect(await complaint(readPrices(await fileOf(...lines), NIGHT))).toBe(sentence);
  });

  it("is refused with an open quote, naming the line", async () => {
    expect(await complaint(readPrices(await fileOf(HEADER, ROW, '"2023-11-20T18:30:00Z,1,2'), NIGHT))).toMatch(
      /^prices\.csv line \d+ is not valid CSV: /,
    );
  });

  it("is refused when it does not exist or is a folder", async () => {
    expect(await complaint(readPrices(join(folder, "none.csv"), NIGHT))).toBe("none.csv does not exist.");
    expect(await complaint(readPrices(folder, NIGHT))).toMatch(/cannot be read\.$/);
  });
});

const RECORDED = fileURLToPath(new URL("../../../shared/data/signals/", import.meta.url));

describe.skipIf(!existsSync(RECORDED))("the recorded autumn of 2023", () => {
  const span = (from: string, to: string) => ({ fromMs: Date.parse(from), toMs: Date.parse(to), name: "that day" });

  it("has its two lost half-hours on the day the clocks went back", async () => {
    const day = span("2023-10-28T23:00Z", "2023-10-30T00:00Z");
    expect(await readPrices(`${RECORDED}gb_agile_2023-09-01_2023-12-20.csv`, day)).toHaveLength(48);
    expect(await readCarbon(`${RECORDED}gb_carbon_hourly_2023-09-01_2023-12-20.csv`, day)).toHaveLength(25);
  });

  it("reads whole", async () => {
    const all = span("2023-01-01T00:00Z", "2024-01-01T00:00Z");
    expect(await readPrices(`${RECORDED}gb_agile_2023-09-01_2023-12-20.csv`, all)).toHaveLength(5328);
  });
});
