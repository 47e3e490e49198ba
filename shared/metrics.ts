import { Metrics } from "@aws-lambda-powertools/metrics";
import { type Dimension, METRICS, type MetricName, type MetricOf, type ThrottleReason } from "./domain/metric.ts";

type Dimensions = Partial<Record<Dimension, string>>;

/** Where counts and levels are told; a metric whose dimensions are not known yet does not compile. */
export type Meter = {
  /** Adds to what an invocation tells of a metric; 1 if no value is given. */
  add(name: MetricOf<"service">, value?: number): void;
  /** The same with further dimensions, of few values. */
  of(more: { integration: string; service?: string }): VendorMeter;
  of(more: { reason: ThrottleReason }): { add(name: MetricOf<"reason">, value?: number): void };
};

/** As an integration has it. */
export type VendorMeter = Meter & { add(name: MetricOf<"service" | "integration">, value?: number): void };

type AnyMeter = { add(name: MetricName, value?: number): void; of(more: Dimensions): AnyMeter };

/** One line of an invocation: what was added, summed, of the metrics that have these dimensions. */
export type Line = { dimensions: Dimensions; values: Partial<Record<MetricName, number>> };

/** A meter that hands on everything that is added, with exactly the dimensions of its metric. */
export function meterTo(
  known: Dimensions,
  add: (name: MetricName, value: number, dimensions: Dimensions) => void,
): AnyMeter {
  return {
    add: (name, value = 1) =>
      add(name, value, Object.fromEntries(METRICS[name].dimensions.map((dimension) => [dimension, known[dimension]]))),
    of: (more) => meterTo({ ...known, ...more }, add),
  };
}

/** A meter that writes, when flushed, one line for each set of dimensions; what is sparse and comes to 0 is left out. */
export function meterOf(service: string, write: (line: Line) => void): Meter & { flush(): void } {
  const lines = new Map<string, Line>();
  const meter = meterTo({ service }, (name, value, dimensions) => {
    const key = JSON.stringify(dimensions);
    const line = lines.get(key) ?? { dimensions, values: {} };
    line.values[name] = (line.values[name] ?? 0) + value;
    lines.set(key, line);
  });
  return {
    ...meter,
    flush() {
      const held = [...lines.values()];
      lines.clear();
      for (const line of held) {
        for (const name of namesOf(line)) if (METRICS[name].sparse && line.values[name] === 0) delete line.values[name];
        if (namesOf(line).length > 0) write(line);
      }
    },
  };
}

export function namesOf({ values }: Line): MetricName[] {
  return Object.keys(values) as MetricName[];
}

/** Metrics in namespace `Headroom`, in CloudWatch's embedded format on standard output. */
export function embeddedMetrics(service: string): Meter & { flush(): void } {
  const metrics = new Metrics({ namespace: "Headroom" });
  // Each line has the dimensions of its metrics, and no others.
  metrics.clearDefaultDimensions();
  return meterOf(service, (line) => {
    metrics.addDimensions(line.dimensions as Record<string, string>);
    for (const name of namesOf(line)) metrics.addMetric(name, METRICS[name].unit, line.values[name] ?? 0);
    metrics.publishStoredMetrics();
  });
}
