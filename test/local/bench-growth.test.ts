import { describe, expect, it } from "vitest";
import { fleetMarkdown, withFigures } from "../../local/bench/benchmark-page.ts";
import { fleetHtml, growthSvg } from "../../local/bench/chart.ts";
import { growthOf, growthTable, growthWords, type Sized, share } from "../../local/bench/growth.ts";
import type { BenchLine } from "../../local/bench/optimiser-run.ts";

const sized = (N: number, msMedian: number, rest: Partial<Sized> = {}): Sized => ({
  N,
  msMedian,
  peakRssMb: 100,
  gap: 0,
  highsMs: null,
  ratio: null,
  ...rest,
});

describe("growth", () => {
  it("has exponent 1 where time is proportional, 2 where it is square, whatever the order of the sizes", () => {
    expect(growthOf([sized(1000, 5), sized(10_000, 50), sized(1_000_000, 5000)])?.exponent).toBeCloseTo(1, 12);
    expect(growthOf([sized(100_000, 40_000), sized(1000, 4), sized(10_000, 400)])?.exponent).toBeCloseTo(2, 12);
  });

  it("counts memory beyond that of the smallest fleet, where that is more than noise", () => {
    const growth = growthOf([
      sized(1000, 5),
      sized(10_000, 50, { peakRssMb: 99 }),
      sized(101_000, 500, { peakRssMb: 150 }),
    ]);
    expect(growth?.sizes.map(({ bytesEach }) => bytesEach)).toEqual([null, null, 524.288]);
    expect(growth?.sizes[2]?.microsecondsEach).toBeCloseTo(4.95, 2);
  });

  it("is not told from one size", () => {
    expect(growthOf([])).toBeNull();
    expect(growthOf([sized(1000, 5), sized(1000, 6)])).toBeNull();
  });

  it("is said in words and drawn", () => {
    const growth = growthOf([
      sized(1000, 5, { highsMs: 300, ratio: 60 }),
      sized(10_000, 50, { highsMs: 9000, ratio: 180 }),
      sized(1_000_000, 5000, { gap: 0.0012 }),
    ]);
    if (!growth) throw new Error("no growth");
    expect(growthWords(growth)).toBe(
      "From 1,000 to 1,000,000 vehicles, ten times as many take 10.0 times as long: " +
        "time grows with the power 1.00 of their number (1 would be proportional). " +
        "From 10,000 on it is 100.0 times the time for 100 times the vehicles.",
    );
    expect(growthTable(growth).split("\n").at(-1)).toBe("| 1,000,000 | 5,000 | 5.00 | 100 | – | 0.12 % | – | – |");
    const svg = growthSvg(growth);
    expect(svg).toMatch(/^<svg [^>]*><title>Time/);
    for (const text of ["this planner", "HiGHS", "1,000,000", "10,000"]) expect(svg).toContain(text);
    expect(svg.length).toBeLessThan(60_000);
  });

  it("calls no gap what lies below the last digit of a cost", () => {
    expect([0, 1e-10, 0.00052].map(share)).toEqual(["0", "0", "0.052 %"]);
  });
});

describe("the benchmark's page", () => {
  const line: BenchLine = {
    ...sized(1000, 12.34),
    case: "base 1000",
    seed: 1,
    T: 48,
    G: 1,
    cost: 1,
    bound: 1,
    reference: null,
    difference: null,
    shortfallWh: 0,
    maxCapExcessWh: 0,
    assetViolations: 0,
    breaches: [],
    msMin: 11,
    msMax: 14,
    msStages: { pack: 0, sample: 0, repair: 0, fill: 0, integer: 0, bound: 0 },
    dijkstras: 0,
    pushes: 0,
    moved: null,
  };
  const run = {
    machine: ["2026-11-21", "<processor>"],
    lines: [line, { ...line, case: "base 10000", N: 10_000, msMedian: 123 }],
    verdicts: new Map([["base 1000", ["met   12.3 ms of 60"]]]),
  };

  it("names every case with its targets", () => {
    const text = fleetMarkdown(run, "growth.svg");
    expect(text).toContain("| base 1000 | 12.3 | 11–14 | 0 | 100 | – | – | met 12.3 ms of 60 |");
    expect(text).toContain("![Time against the number of vehicles](growth.svg)");
    expect(text).toContain("2026-11-21; <processor>");
    expect(fleetMarkdown({ ...run, lines: [line] }, "growth.svg")).not.toContain("growth.svg");
  });

  it("stands alone as HTML, with the processor's name as text", () => {
    const html = fleetHtml(run);
    expect(html).toContain("<svg ");
    expect(html).toContain("&lt;processor&gt;");
    expect(html).not.toMatch(/<script|https?:\/\/(?!www\.w3\.org)/);
  });

  it("changes only what lies between its marks, and can be renewed again", () => {
    const page = "before\n<!-- fleets: written by the benchmark -->\nold\n<!-- /fleets -->\nafter";
    const once = withFigures(page, "fleets", "new");
    expect(once).toBe("before\n<!-- fleets: written by the benchmark -->\n\nnew\n\n<!-- /fleets -->\nafter");
    expect(withFigures(once, "fleets", "new")).toBe(once);
    expect(() => withFigures(page, "assets", "new")).toThrow("lost its marks");
  });
});
