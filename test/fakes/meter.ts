import type { Meter } from "../../shared/metrics.ts";

/** Keeps what was measured: levels newest last, counts summed. */
export function fakeMeter() {
  const gauges: { name: string; value: number; dimensions: Record<string, string> }[] = [];
  const counts = new Map<string, number>();
  /** Counts with dimensions, newest last. */
  const lines: { values: Record<string, number>; dimensions: Record<string, string> }[] = [];
  const meter: Pick<Meter, "count" | "gauge" | "tally" | "flush"> = {
    count: (name, value = 1) => void counts.set(name, (counts.get(name) ?? 0) + value),
    tally: (values, dimensions) => void lines.push({ values, dimensions }),
    gauge: (name, value, dimensions) => void gauges.push({ name, value, dimensions }),
    flush: () => {},
  };
  return { ...meter, gauges, counts, lines };
}
