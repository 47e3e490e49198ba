/** What growth is told from: one fleet shape at several sizes. Times in ms, `gap` as a share, the rest as reported. */
export type Sized = {
  N: number;
  msMedian: number;
  peakRssMb: number;
  gap: number;
  highsMs: number | null;
  ratio: number | null;
};

export type Growth = {
  /** Smallest first. `bytesEach`: peak memory above that of the smallest fleet, per vehicle more; null where that is noise. */
  sizes: (Sized & { microsecondsEach: number; bytesEach: number | null })[];
  /** Of time as a power of the number of vehicles, by least squares on logarithms; 1 is proportional. */
  exponent: number;
};

/** Two processes that do the same differ by so much. */
const NOISE_MB = 5;

/** Null where there are not two sizes to compare. */
export function growthOf(lines: readonly Sized[]): Growth | null {
  const ordered = lines.toSorted((a, b) => a.N - b.N);
  const [smallest] = ordered;
  if (smallest === undefined || ordered.at(-1)?.N === smallest.N) return null;
  const sizes = ordered.map((line) => {
    const moreMb = line.peakRssMb - smallest.peakRssMb;
    return {
      ...line,
      microsecondsEach: (line.msMedian * 1000) / line.N,
      bytesEach: moreMb < NOISE_MB ? null : (moreMb * 2 ** 20) / (line.N - smallest.N),
    };
  });
  return { sizes, exponent: slope(ordered.map(({ N, msMedian }) => [Math.log(N), Math.log(msMedian)])) };
}

/** Least squares. */
function slope(points: readonly (readonly [number, number])[]): number {
  const meanX = points.reduce((sum, [x]) => sum + x, 0) / points.length;
  const meanY = points.reduce((sum, [, y]) => sum + y, 0) / points.length;
  const together = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0);
  return together / points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
}

export function growthWords({ sizes, exponent }: Growth): string {
  const [smallest, largest] = [sizes[0], sizes.at(-1)];
  if (!smallest || !largest) return "";
  const tenth = sizes.findLast(({ N }) => N * 10 <= largest.N);
  const last =
    tenth === undefined || tenth === smallest
      ? ""
      : ` From ${grouped(tenth.N)} on it is ${(largest.msMedian / tenth.msMedian).toFixed(1)} times the time for ` +
        `${grouped(largest.N / tenth.N)} times the vehicles.`;
  return (
    `From ${grouped(smallest.N)} to ${grouped(largest.N)} vehicles, ten times as many take ${(10 ** exponent).toFixed(1)} times ` +
    `as long: time grows with the power ${exponent.toFixed(2)} of their number (1 would be proportional).${last}`
  );
}

export function growthTable({ sizes }: Growth): string {
  return markdownTable(
    ["vehicles", "ms", "µs each", "peak MB", "bytes each", "gap", "HiGHS ms", "times as fast"],
    sizes.map((size) => [
      grouped(size.N),
      grouped(size.msMedian),
      size.microsecondsEach.toFixed(2),
      grouped(size.peakRssMb),
      size.bytesEach === null ? "–" : grouped(Math.round(size.bytesEach)),
      share(size.gap),
      size.highsMs === null ? "–" : grouped(size.highsMs),
      size.ratio === null ? "–" : String(size.ratio),
    ]),
  );
}

/** The first column is words, the others are figures. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map((_, column) => (column === 0 ? "---" : "---:"))), ...rows.map(line)].join("\n");
}

export function grouped(value: number): string {
  return value.toLocaleString("en-GB", { maximumFractionDigits: value < 100 ? 1 : 0 });
}

/** Below the last digit of a cost a gap is none. */
export function share(gap: number): string {
  return gap <= 1e-9 ? "0" : `${(gap * 100).toPrecision(2)} %`;
}
