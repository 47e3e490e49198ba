import { LineChart } from "echarts/charts";
import {
  GraphicComponent,
  GridComponent,
  LegendComponent,
  MarkLineComponent,
  TitleComponent,
} from "echarts/components";
import { use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import type { MetricStore } from "../cloudwatch/metric-store.ts";
import { chartSeries, mathQuery } from "../cloudwatch/query.ts";
import { svg } from "../svg-page.ts";
import type { Graph, Series } from "./body.ts";
import { colorOf, type Span, spanTicks } from "./look.ts";

use([LineChart, GraphicComponent, GridComponent, LegendComponent, MarkLineComponent, TitleComponent, SVGRenderer]);

type Point = [atMs: number, value: number | null];
type Drawn = { label: string; points: Point[]; most: number };

const LEGEND_ROW_PX = 26;
const LETTER_PX = 6.3;
const LEGEND_ICON_PX = 30;

/** One chart as an SVG of its own. A series that is 0 all the time is not in its legend. */
export function graphSvg(
  graph: Graph,
  store: MetricStore,
  span: Span,
  { width, height }: { width: number; height: number },
): string {
  const all = graph.series.map((one) => drawn(one, store, span));
  const seen = all.filter(({ most }) => most > 0);
  const legend = all.length < 2 ? [] : legendRows(seen, width - 30);
  const top = legend.length === 0 ? 30 : 22 + legend.length * LEGEND_ROW_PX;
  const most = graph.most ?? Math.max(...all.map(({ most }) => most), ...graph.limits.map(({ value }) => value));
  return svg(
    {
      animation: false,
      textStyle: { fontFamily: "system-ui, sans-serif" },
      title: { text: graph.title, left: 6, top: 4, textStyle: { fontSize: 12, color: "#222" } },
      legend: {
        show: legend.length > 0,
        // An empty name begins a row: the library measures letters by a font that a reader may not have.
        data: legend.flatMap((row, index) => (index === 0 ? row : ["", ...row])),
        ...{
          left: 6,
          top: 22,
          itemWidth: 12,
          itemHeight: 8,
          itemGap: 16,
          icon: "roundRect",
          textStyle: { fontSize: 11 },
        },
      },
      grid: { left: 54, right: 24, top, bottom: 24 },
      xAxis: {
        type: "value",
        ...{ min: span.fromMs, max: span.toMs, interval: spanTicks(span).stepMs },
        axisLabel: { fontSize: 10, formatter: spanTicks(span).label },
        splitLine: { show: false },
      },
      yAxis: {
        type: "value",
        min: 0,
        ...yScale(graph, most),
        name: graph.unit,
        ...{ nameLocation: "middle", nameGap: 38, nameTextStyle: { fontSize: 10 }, splitNumber: 4 },
        axisLabel: { fontSize: 10, showMaxLabel: graph.most === undefined },
        splitLine: { lineStyle: { color: "#eee" } },
      },
      graphic:
        seen.length > 0
          ? []
          : [
              {
                type: "text",
                left: "center",
                top: "center",
                style: { text: "0 all the time", fontSize: 12, fill: "#777" },
              },
            ],
      series: [...seen.map((one) => lineOf(one, graph.isStacked)), limitsOf(graph, most)],
    },
    height,
    width,
  );
}

/** Where the axis is to end at a round number, a little more is shown, so that a line there is seen. */
function yScale({ most: wanted, unit }: Graph, most: number) {
  if (wanted !== undefined) return { max: 1.05 * wanted, interval: wanted / 4 };
  if (most === 0) return { max: 1, interval: 1 };
  return unit === "US dollars" ? {} : { minInterval: 1 };
}

function drawn({ label, queries }: Series, store: MetricStore, span: Span): Drawn {
  const { query, periodMs } = mathQuery(queries);
  const points = chartSeries(query, store, { ...span, periodMs }).map(
    ({ atMs, value }): Point => [atMs, value ?? null],
  );
  // A value holds for its whole period.
  const last = points.at(-1);
  const whole: Point[] = last ? [...points, [Math.min(last[0] + periodMs, span.toMs), last[1]]] : [];
  return { label, points: whole, most: Math.max(0, ...points.map(([, value]) => value ?? 0)) };
}

function lineOf({ label, points }: Drawn, isStacked: boolean) {
  return {
    name: label,
    type: "line",
    step: "end",
    symbol: "none",
    color: colorOf(label),
    lineStyle: { width: isStacked ? 0.5 : 1.5 },
    ...(isStacked && { stack: "all", areaStyle: { opacity: 0.85 } }),
    data: isStacked ? points : points.filter(isCorner),
  };
}

/** A line of steps needs no more points than its steps; what is stacked does, as each stands on the other. */
function isCorner([, value]: Point, index: number, all: Point[]): boolean {
  return index === all.length - 1 || value !== all[index - 1]?.[1];
}

/** Lines across, and nothing but room for the highest of them. */
function limitsOf({ limits }: Graph, most: number) {
  return {
    type: "line",
    symbol: "none",
    lineStyle: { opacity: 0 },
    data: limits.length > 0 ? [[0, most]] : [],
    markLine: {
      symbol: "none",
      silent: true,
      data: limits.map(({ label, value, color }, index) => ({
        name: label,
        yAxis: value,
        lineStyle: { color, type: "dashed" },
        label: {
          ...{ color, fontSize: 10, formatter: "{b}" },
          position: `inside${index % 2 === 0 ? "End" : "Middle"}${value === most ? "Bottom" : "Top"}`,
        },
      })),
    },
  };
}

/** The names of the series in rows that fit. */
function legendRows(all: Drawn[], width: number): string[][] {
  const rows: { names: string[]; width: number }[] = [];
  for (const { label } of all) {
    const own = label.length * LETTER_PX + LEGEND_ICON_PX;
    const row = rows.at(-1);
    if (row && row.width + own <= width) {
      row.names.push(label);
      row.width += own;
    } else rows.push({ names: [label], width: own });
  }
  return rows.map(({ names }) => names);
}
