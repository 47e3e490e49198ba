/** What CloudWatch tells metrics apart by. Dimensions have no order, and a metric with one more of them is another metric. */
export type Metric = { namespace: string; name: string; dimensions: Readonly<Record<string, string>> };

/** One value of a metric. Units are not kept: nothing here converts or filters by them. */
export type Datum = Metric & { value: number };

/** The same text for the same metric. */
export function metricKey({ namespace, name, dimensions }: Metric): string {
  return JSON.stringify([namespace, name, Object.entries(dimensions).sort(([a], [b]) => (a < b ? -1 : 1))]);
}
