import { BarChart, LineChart } from "echarts/charts";
import { GridComponent, LegendComponent, TitleComponent } from "echarts/components";
import { type EChartsCoreOption, use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import { escaped, page, svg } from "../svg-page.ts";
import type { BacktestReport } from "./report.ts";
import { backtestText, POLICY_NAMES } from "./text.ts";

use([BarChart, LineChart, GridComponent, LegendComponent, TitleComponent, SVGRenderer]);

/** One page that needs nothing else: drawings as SVG, no script. */
export function backtestHtml(report: BacktestReport): string {
  const charts = [
    perKwh(report),
    delivered(report),
    meanDay(report),
    ...(report.regret.parts.length > 0 ? [regret(report)] : []),
  ];
  return page({
    title: `Backtest: ${report.cars} stays, ${report.from.slice(0, 10)} to ${report.to.slice(0, 10)}`,
    widthRem: 46,
    body: `<h1>Backtest</h1>
<pre>${escaped(backtestText(report))}</pre>
${charts.map((chart) => svg(chart, 280)).join("\n")}`,
  });
}

const TEXT = {
  animation: false,
  textStyle: { fontFamily: "system-ui, sans-serif" },
  grid: { left: 150, right: 60, top: 44, bottom: 30 },
};

function bars(title: string, names: string[], values: (number | null)[]): EChartsCoreOption {
  return {
    ...TEXT,
    title: { text: title, textStyle: { fontSize: 14 }, left: 0 },
    xAxis: { type: "value" },
    yAxis: { type: "category", inverse: true, data: names },
    series: [{ type: "bar", data: values, barMaxWidth: 24, label: { show: true, position: "right" } }],
  };
}

function perKwh({ rows, unit }: BacktestReport): EChartsCoreOption {
  return bars(
    unit === "pence" ? "Price paid, pence per kWh" : "Emissions, grams CO2 per kWh",
    rows.map(({ policy }) => POLICY_NAMES[policy] ?? policy),
    rows.map((row) => Number(row.perKwh.toFixed(2))),
  );
}

function delivered({ rows }: BacktestReport): EChartsCoreOption {
  return bars(
    "Energy delivered, percent of what cars needed",
    rows.map(({ policy }) => POLICY_NAMES[policy] ?? policy),
    rows.map((row) => row.deliveredPercent),
  );
}

function regret({ regret: { parts }, unit }: BacktestReport): EChartsCoreOption {
  const scale = unit === "pence" ? 100 : 1000;
  return bars(
    `Regret against perfect foresight by cause, ${unit === "pence" ? "pounds" : "kg CO2"}`,
    parts.map(({ cause, value }) => (value === null ? `${cause} (not in this run)` : cause)),
    parts.map(({ value }) => (value === null ? null : Number((value / scale).toFixed(2)))),
  );
}

function meanDay({ meanDayKw, zone }: BacktestReport): EChartsCoreOption {
  return {
    ...TEXT,
    title: { text: `Mean power of the site by hour of the day (${zone}), kW`, textStyle: { fontSize: 14 }, left: 0 },
    legend: { top: 34, left: 0 },
    grid: { left: 40, right: 20, top: 76, bottom: 30 },
    xAxis: { type: "category", data: Array.from({ length: 25 }, (_, hour) => String(hour)), boundaryGap: false },
    yAxis: { type: "value" },
    series: Object.entries(meanDayKw).map(([policy, data]) => ({
      name: POLICY_NAMES[policy] ?? policy,
      type: "line",
      step: "end",
      symbol: "none",
      data: [...data, data.at(-1) ?? 0],
    })),
  };
}
