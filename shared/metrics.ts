import { Metrics, MetricUnit } from "@aws-lambda-powertools/metrics";

/** Counts that would be said aloud; written as one embedded-metrics log line per invocation. */
export type Meter = {
  count(name: string, value?: number): void;
  usd(name: string, value: number): void;
  /** A level rather than a count, with dimensions of few values; written at once. */
  gauge(name: string, value: number, dimensions: Record<string, string>): void;
  /** Counts with dimensions of few values, written at once as one line. */
  tally(values: Record<string, number>, dimensions: Record<string, string>): void;
  flush(): void;
};

/** Metrics in namespace `Headroom`; dimensions are the service and at most the integration, so cost does not grow with the fleet. */
export function embeddedMetrics(service: string): Meter {
  const metrics = new Metrics({ namespace: "Headroom", serviceName: service });
  return {
    count: (name, value = 1) => void metrics.addMetric(name, MetricUnit.Count, value),
    usd: (name, value) => void metrics.addMetric(name, MetricUnit.NoUnit, value),
    gauge: (name, value, dimensions) => {
      const single = metrics.singleMetric();
      for (const [dimension, text] of Object.entries(dimensions)) single.addDimension(dimension, text);
      single.addMetric(name, MetricUnit.NoUnit, value);
    },
    tally: (values, dimensions) => {
      const single = new Metrics({ namespace: "Headroom", serviceName: service });
      for (const [name, value] of Object.entries(dimensions)) single.addDimension(name, value);
      for (const [name, value] of Object.entries(values)) single.addMetric(name, MetricUnit.Count, value);
      single.publishStoredMetrics();
    },
    flush: () => {
      if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics();
    },
  };
}
