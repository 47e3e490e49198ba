import { type Growth, grouped, growthOf, growthTable, growthWords, markdownTable, share } from "./growth.ts";
import type { BenchLine } from "./optimiser-run.ts";

/** A run of the fleet benchmark: where and when, what was measured, and which targets are met or short, by case. */
export type FleetRun = {
  machine: readonly string[];
  lines: readonly BenchLine[];
  verdicts: ReadonlyMap<string, string[]>;
};

/** The fleets of one shape, one feeder and one seed, at all sizes. */
export function baseGrowth(lines: readonly BenchLine[]): Growth | null {
  return growthOf(lines.filter((line) => line.case.startsWith("base")));
}

/** All figures as Markdown; `chart` is where the drawing lies. */
export function fleetMarkdown({ machine, lines, verdicts }: FleetRun, chart?: string): string {
  const growth = baseGrowth(lines);
  const rows = lines.map((line) => [
    line.case,
    grouped(line.msMedian),
    `${grouped(line.msMin)}–${grouped(line.msMax)}`,
    share(line.gap),
    grouped(line.peakRssMb),
    line.highsMs === null ? "–" : grouped(line.highsMs),
    line.ratio === null ? "–" : String(line.ratio),
    (verdicts.get(line.case) ?? []).map((verdict) => verdict.trim().replace(/\s+/g, " ")).join("; ") || "–",
  ]);
  const head = ["case", "ms", "from–to", "gap", "peak MB", "HiGHS ms", "times as fast", "targets"];
  return [
    machine.join("; "),
    ...(growth ? ["### Growth", growthWords(growth), growthTable(growth)] : []),
    ...(growth && chart !== undefined ? [`![Time against the number of vehicles](${chart})`] : []),
    "### All cases",
    markdownTable(head, rows),
  ].join("\n\n");
}

/** The page with the figures between the marks of `name` replaced. Throws where the page has lost its marks. */
export function withFigures(page: string, name: string, figures: string): string {
  const [start, end] = [`<!-- ${name}: written by the benchmark -->`, `<!-- /${name} -->`];
  const [before, rest] = page.split(start);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined) throw new Error(`The page has lost its marks ${start} and ${end}.`);
  return `${before}${start}\n\n${figures}\n\n${end}${after}`;
}
