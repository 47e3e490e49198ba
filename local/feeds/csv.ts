import { readFile } from "node:fs/promises";
import { CsvError, parse } from "csv-parse/sync";
import { z } from "zod";
import { epochMs, instant, parseInstant } from "../../shared/domain/instant.ts";
import { BadInput } from "./bad-input.ts";
import { type FeedPoint, HALF_HOUR_MS } from "./points.ts";

/** What a run needs of a file; `name` says in an error what was looked for, e.g. `night 2023-11-20`. */
export type WantedSpan = { fromMs: number; toMs: number; name: string };

const PRICE_COLUMNS = ["import_pence_per_kwh_inc_vat", "pence_per_kwh", "price"];
const CARBON_COLUMNS = ["actual_gco2_per_kwh", "gco2_per_kwh", "carbon"];

/** Prices, pence per kWh incl. VAT. Throws BadInput in one sentence when the file cannot be used for the span. */
export function readPrices(file: string, span: WantedSpan): Promise<FeedPoint[]> {
  return readSeries(file, PRICE_COLUMNS, span);
}

/** Carbon intensity, grams CO2 per kWh. Throws BadInput in one sentence when the file cannot be used for the span. */
export function readCarbon(file: string, span: WantedSpan): Promise<FeedPoint[]> {
  return readSeries(file, CARBON_COLUMNS, span);
}

type Line = FeedPoint & { line: number };

async function readSeries(file: string, names: readonly string[], span: WantedSpan): Promise<FeedPoint[]> {
  const [header, ...rows] = records(file, await textOf(file));
  if (header === undefined)
    throw new BadInput(`${file} is empty; its first line must name start_utc, end_utc and ${oneOf(names)}.`);
  const column = columnsOf(file, header.record, names);
  const lines = rows.flatMap(({ record, info }): Line[] => {
    const at = `${file} line ${info.lines}`;
    if (record.length !== header.record.length) {
      throw new BadInput(`${at} has ${record.length} fields where the header has ${header.record.length}.`);
    }
    const value = numberOf(at, record[column.value] ?? "");
    const startsAtMs = halfHourOf(at, "start_utc", record[column.start] ?? "");
    const endsAtMs = halfHourOf(at, "end_utc", record[column.end] ?? "");
    if (endsAtMs <= startsAtMs) throw new BadInput(`${at} ends at or before its start.`);
    // A blank value is a gap: the time is known not to be known.
    return value === undefined ? [] : [{ line: info.lines, startsAtMs, endsAtMs, value }];
  });
  lines.sort((a, b) => a.startsAtMs - b.startsAtMs || a.line - b.line);
  refuseOverlaps(file, lines);
  return inSpan(file, lines, span);
}

/** The text of a file. Throws BadInput when there is none. */
export async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    const missing = cause instanceof Error && "code" in cause && cause.code === "ENOENT";
    throw new BadInput(missing ? `${file} does not exist.` : `${file} cannot be read.`, { cause });
  }
}

const Records = z.array(z.object({ record: z.array(z.string()), info: z.object({ lines: z.number() }) }));
type Records = z.infer<typeof Records>;

/** The lines of a CSV file, header included, as many fields as each has. Throws BadInput for a broken quote. */
export function records(file: string, text: string): Records {
  try {
    return Records.parse(
      parse(text, { bom: true, info: true, relax_column_count: true, skip_empty_lines: true, trim: true }),
    );
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    throw new BadInput(`${file} line ${cause.lines} is not valid CSV: ${cause.message.replace(/\.?$/, ".")}`, {
      cause,
    });
  }
}

function columnsOf(file: string, header: readonly string[], names: readonly string[]) {
  const find = (name: string): number => {
    const index = header.indexOf(name);
    if (index < 0) throw new BadInput(`${file} line 1 names no column ${name}.`);
    return index;
  };
  const value = header.findIndex((name) => names.includes(name));
  if (value < 0) throw new BadInput(`${file} line 1 names no value column; expected ${oneOf(names)}.`);
  return { start: find("start_utc"), end: find("end_utc"), value };
}

/** Undefined for a blank field. Throws BadInput, with `at` to say where, for anything that is not a plain number. */
export function numberOf(at: string, text: string): number | undefined {
  if (text === "") return undefined;
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text))
    throw new BadInput(`${at} has a value that is not a number: "${text.slice(0, 30)}".`);
  return Number(text);
}

function halfHourOf(at: string, column: string, text: string): number {
  const ms = timeOf(at, column, text);
  if (ms % HALF_HOUR_MS !== 0) throw new BadInput(`${at}, ${column}: ${text} is not on a half-hour.`);
  return ms;
}

/** Epoch ms of a time with its zone. Throws BadInput, with `at` to say where, for any other. */
export function timeOf(at: string, column: string, text: string): number {
  try {
    return epochMs(parseInstant(text));
  } catch (cause) {
    throw new BadInput(`${at}, ${column}: ${cause instanceof Error ? cause.message : cause}.`, { cause });
  }
}

function refuseOverlaps(file: string, lines: readonly Line[]): void {
  for (const [i, line] of lines.entries()) {
    const before = lines[i - 1];
    if (before === undefined || line.startsAtMs >= before.endsAtMs) continue;
    const what = line.startsAtMs === before.startsAtMs ? "has the same start as" : "overlaps";
    throw new BadInput(`${file} line ${line.line} ${what} line ${before.line}: ${instant(line.startsAtMs)}.`);
  }
}

function inSpan(file: string, lines: readonly Line[], { fromMs, toMs, name }: WantedSpan): FeedPoint[] {
  const [first, last] = [lines[0], lines.at(-1)];
  if (!first || !last) throw new BadInput(`${file} holds no value.`);
  const wanted = lines.filter((line) => line.endsAtMs > fromMs && line.startsAtMs < toMs);
  if (wanted.length === 0) {
    const covers = `${instant(first.startsAtMs)} to ${instant(last.endsAtMs)}`;
    throw new BadInput(`${name} lies outside ${file}, which covers ${covers}.`);
  }
  return wanted.map(({ startsAtMs, endsAtMs, value }) => ({ startsAtMs, endsAtMs, value }));
}

function oneOf(names: readonly string[]): string {
  return `one of ${names.join(", ")}`;
}
