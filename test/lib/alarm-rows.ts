import { ofType, type Resource } from "./templates.ts";

/** An alarm as a template has it, metric alarm or composite. */
export type AlarmRow = {
  id: string;
  name: string;
  text: string;
  missing: string | undefined;
  actions: unknown[];
  okActions: unknown[];
  /** Every metric that it reads; none for a composite. */
  metrics: { namespace: string; name: string; dimensions: Record<string, unknown> }[];
  /** The logical ids that a composite's rule names; absent for a metric alarm. */
  legs?: string[];
  suppressedBy?: string;
};

export function alarmRows(resources: Record<string, Resource>): AlarmRow[] {
  const common = (id: string, { Properties }: Resource) => ({
    id,
    name: Properties.AlarmName,
    text: Properties.AlarmDescription,
    missing: Properties.TreatMissingData,
    actions: Properties.AlarmActions ?? [],
    okActions: Properties.OKActions ?? [],
  });
  return [
    ...ofType(resources, "AWS::CloudWatch::Alarm").map(([id, alarm]) => ({
      ...common(id, alarm),
      metrics: metricsOf(alarm.Properties),
    })),
    ...ofType(resources, "AWS::CloudWatch::CompositeAlarm").map(([id, alarm]) => ({
      ...common(id, alarm),
      metrics: [],
      legs: idsIn(alarm.Properties.AlarmRule),
      suppressedBy: idsIn(alarm.Properties.ActionsSuppressor)[0],
    })),
  ];
}

/** What the alarms of a stage cost in a month, US dollars: $0.10 for each metric that one reads, $0.50 for a composite. */
export function monthlyUsd(rows: readonly AlarmRow[]): number {
  const cents = rows.reduce((sum, { metrics, legs }) => sum + (legs ? 50 : 10 * metrics.length), 0);
  return cents / 100;
}

type Dimensions = { Name: string; Value: unknown }[];
type Read = { Namespace: string; MetricName: string; Dimensions?: Dimensions };
type Query = { MetricStat?: { Metric: Read } };

function metricsOf(properties: Resource["Properties"]): AlarmRow["metrics"] {
  const queries: Query[] = properties.Metrics ?? [{ MetricStat: { Metric: properties } }];
  return queries.flatMap(({ MetricStat }) => {
    if (!MetricStat) return [];
    const { Namespace, MetricName, Dimensions = [] } = MetricStat.Metric;
    const dimensions = Object.fromEntries(Dimensions.map(({ Name, Value }) => [Name, Value]));
    return [{ namespace: Namespace, name: MetricName, dimensions }];
  });
}

function idsIn(value: unknown): string[] {
  return [...JSON.stringify(value ?? "").matchAll(/"Fn::GetAtt":\["(\w+)","Arn"\]/g)].map((match) => match[1] ?? "");
}
