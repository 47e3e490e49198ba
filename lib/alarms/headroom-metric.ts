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
