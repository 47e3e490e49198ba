import type { Meter } from "../../shared/metrics.ts";

/** Keeps what was measured: levels newest last, counts summed. */
export function fakeMeter() {
  const gauges: { name: string; value: number; dimensions: Record<string, string> }[] = [];
  const counts = new Map<string, number>();
  const meter: Pick<Meter, "count" | "gauge" | "flush"> = {
    count: (name, value = 1) => void counts.set(name, (counts.get(name) ?? 0) + value),
    gauge: (name, value, dimensions) => void gauges.push({ name, value, dimensions }),
    flush: () => {},
  };
  return { ...meter, gauges, counts };
}
