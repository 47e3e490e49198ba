import { Duration } from "aws-cdk-lib";
import {
  Alarm,
  AlarmStatusWidget,
  Dashboard as CloudWatchDashboard,
  GraphWidget,
  type IWidget,
  PeriodOverride,
  TextWidget,
  TextWidgetBackground,
} from "aws-cdk-lib/aws-cloudwatch";
import { Construct, type IConstruct } from "constructs";
import type { Manifest } from "../../shared/domain/manifest.ts";
import type { AlarmKind } from "../alarm-topics.ts";
import { toldAlarms } from "../house-alarm.ts";
import { HouseFunction } from "../house-function.ts";
import { WorkQueue } from "../work-queue.ts";
import { asMetric, type Chart, type Dashboard, type Limit } from "./chart.ts";
import { flexibility } from "./flexibility.ts";
import { machine } from "./machine.ts";

/** CloudWatch divides a dashboard's width into so many columns; two charts are side by side. */
const COLUMNS = 24;
const CHART = { width: COLUMNS / 2, height: 6 };
/** CloudWatch's limit for one widget. */
const MOST_ALARMS = 100;
const KINDS: readonly [AlarmKind, string][] = [
  ["page", "Pages"],
  ["ticket", "Tickets"],
];
const COLORS: Record<Limit["is"], string> = { alarm: "#d62728", objective: "#2ca02c", timeout: "#d62728" };

type Props = { stage: { name: string }; of: IConstruct; manifests: readonly Manifest[] };

/**
 * Two dashboards on everything below `of`; CloudWatch asks $3 a month for each. They must be in the stack of the
 * integrations: from another one, removing an integration would leave an export that is still in use.
 */
export class Dashboards extends Construct {
  constructor(scope: Construct, id: string, { stage, of, manifests }: Props) {
    super(scope, id);
    const all = of.node.findAll();
    const parts = {
      manifests,
      functions: all.filter((one) => one instanceof HouseFunction),
      queues: all.filter((one) => one instanceof WorkQueue),
    };
    for (const dashboard of [flexibility(manifests), machine(parts)]) {
      new CloudWatchDashboard(this, dashboard.id, {
        dashboardName: `headroom-${stage.name}-${dashboard.id}`,
        defaultInterval: Duration.days(1),
        // A period that grew with the span would make other sums of what is counted.
        periodOverride: PeriodOverride.INHERIT,
        widgets: [
          [heading(stage.name, dashboard)],
          ...(dashboard.showsAlarms ? [this.alarmWidgets(of)] : []),
          ...pairs(dashboard.charts).map((row) => row.map(widget)),
        ],
      });
    }
  }

  /** By literal names: a reference to an alarm of another stack would be an export. */
  private alarmWidgets(of: IConstruct): IWidget[] {
    return KINDS.flatMap(([kind, title]) => {
      const alarms = toldAlarms(of)
        .filter((alarm) => alarm.kind === kind)
        .map(({ name }) => Alarm.fromAlarmName(this, name, name));
      const widgets = Math.ceil(alarms.length / MOST_ALARMS);
      return Array.from({ length: widgets }, (_, index) => {
        const some = alarms.slice(index * MOST_ALARMS, (index + 1) * MOST_ALARMS);
        return new AlarmStatusWidget({
          ...CHART,
          title: index === 0 ? title : `${title} (${index + 1})`,
          alarms: some,
        });
      });
    });
  }
}

function heading(stage: string, { question }: Dashboard): IWidget {
  return new TextWidget({
    width: COLUMNS,
    height: 1,
    background: TextWidgetBackground.TRANSPARENT,
    markdown: `# Headroom ${stage}: ${question}`,
  });
}

function widget({ title, unit, lines, stacked = false, limits = [], most }: Chart): IWidget {
  return new GraphWidget({
    ...CHART,
    title,
    left: lines.map(asMetric),
    stacked,
    leftYAxis: { label: unit, showUnits: false, min: 0, ...(most !== undefined && { max: most }) },
    leftAnnotations: limits.map(({ is, label, value }) => ({ label, value, color: COLORS[is] })),
  });
}

function pairs<T>(all: readonly T[]): T[][] {
  return all.flatMap((_, index) => (index % 2 === 0 ? [all.slice(index, index + 2)] : []));
}
