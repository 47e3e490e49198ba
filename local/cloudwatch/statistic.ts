const PLAIN = ["Sum", "Average", "Minimum", "Maximum", "SampleCount"] as const;

export type Statistic = (typeof PLAIN)[number] | { percentile: number };

/** What a period's values come to, but for percentiles, which need the values themselves. */
export type Summary = { count: number; sum: number; minimum: number; maximum: number };

/** Reads `Sum`, `Average`, `Minimum`, `Maximum`, `SampleCount` or a percentile such as `p99.9`; throws for any other. */
export function readStatistic(text: string): Statistic {
  const plain = PLAIN.find((one) => one === text);
  if (plain) return plain;
  const [, digits] = /^p(\d{1,2}(?:\.\d{1,10})?|100)$/.exec(text) ?? [];
  if (digits === undefined) throw new Error(`statistic ${text} is not supported`);
  return { percentile: Number(digits) };
}

export function plainStatistic(statistic: Exclude<Statistic, object>, summary: Summary): number {
  switch (statistic) {
    case "Sum":
      return summary.sum;
    case "Average":
      return summary.sum / summary.count;
    case "Minimum":
      return summary.minimum;
    case "Maximum":
      return summary.maximum;
    case "SampleCount":
      return summary.count;
  }
}

/** By nearest rank: the least value that at least `percent` of all do not exceed. CloudWatch does not publish how it interpolates. */
export function percentile(percent: number, values: number[]): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  // The product of two decimals must not come out a hair above a whole number.
  const rank = Math.ceil(Number(((percent / 100) * sorted.length).toPrecision(12)));
  return sorted[Math.max(1, rank) - 1];
}
