import { Duration } from "aws-cdk-lib";
import { Metric } from "aws-cdk-lib/aws-cloudwatch";
import type { METRICS, MetricName } from "../../shared/domain/metric.ts";

type DimensionsOf<Name extends MetricName> = Record<(typeof METRICS)[Name]["dimensions"][number], string>;

type Named = { name: string };
/** Dimensions of what an integration tells of itself. */
export const own = ({ name }: Named) => ({ service: name, integration: name });
/** Of what the scheduler tells of an integration. */
export const scheduled = ({ name }: Named) => ({ service: "scheduler", integration: name });
/** Of what the verifier tells of an integration. */
export const judged = ({ name }: Named) => ({ service: "verifier", integration: name });

/** A metric that functions send, with exactly the dimensions that it is sent with. Over a minute unless told. */
export function headroomMetric<Name extends MetricName>(
  metricName: Name,
  dimensionsMap: DimensionsOf<Name>,
  statistic: "Sum" | "Maximum" | "Minimum",
  minutes = 1,
): Metric {
  return new Metric({ namespace: "Headroom", metricName, dimensionsMap, statistic, period: Duration.minutes(minutes) });
}

/** Part of a metric expression that is 0 while the vendor's outage is announced: that one is told already. */
export const unlessDown = (expression: string) => `IF(FILL(down, 0) > 0, 0, ${expression})`;
/** What `unlessDown` calls `down`. */
export const downOf = (manifest: Named, minutes: number) =>
  headroomMetric("vendor_down", scheduled(manifest), "Maximum", minutes);
