import { type Dimension, METRICS, type MetricName } from "../../shared/domain/metric.ts";
import { meterTo } from "../../shared/metrics.ts";

/** Keeps what was measured, as it would be sent: sums by name, and each with its dimensions, newest last. */
export function fakeMeter(service = "acme", integration = service) {
  const sent: { name: MetricName; value: number; dimensions: Partial<Record<Dimension, string>> }[] = [];
  const counts = new Map<MetricName, number>();
  const meter = meterTo({ service, integration }, (name, value, dimensions) => {
    if (METRICS[name].sparse && value === 0) return;
    sent.push({ name, value, dimensions });
    counts.set(name, (counts.get(name) ?? 0) + value);
  });
  return { ...meter, sent, counts };
}
