import type { Meter } from "../../shared/metrics.ts";

/** Keeps what was measured, newest last. */
export function fakeMeter() {
  const gauges: { name: string; value: number; dimensions: Record<string, string> }[] = [];
  const meter: Pick<Meter, "gauge"> = {
    gauge: (name, value, dimensions) => void gauges.push({ name, value, dimensions }),
  };
  return { ...meter, gauges };
}
