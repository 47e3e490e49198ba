import { LineChart } from "echarts/charts";
import { GridComponent, LegendComponent, TitleComponent } from "echarts/components";
import { use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import { escaped, page, svg } from "../svg-page.ts";
import { baseGrowth, type FleetRun, fleetMarkdown } from "./benchmark-page.ts";
import { type Growth, grouped, growthWords } from "./growth.ts";

use([LineChart, GridComponent, LegendComponent, TitleComponent, SVGRenderer]);

const TITLE = "Time of an exact plan against the number of vehicles";

/** One page that needs nothing else: the drawing as SVG, no script. */
export function fleetHtml(run: FleetRun): string {
  const growth = baseGrowth(run.lines);
  const title = "The fleet planner's benchmark";
  return page({
    title,
    widthRem: 60,
    body: `<h1>${title}</h1>
${growth ? `<p>${growthWords(growth)}</p>\n${growthSvg(growth)}` : ""}
<pre>${escaped(fleetMarkdown(run))}</pre>`,
  });
}

/** Time against the number of vehicles, both by powers of ten, as an SVG of its own. */
export function growthSvg({ sizes }: Growth): string {
  const first = sizes[0];
  const last = sizes.at(-1);
  const proportional = first && last ? [first, last].map(({ N }) => [N, (first.msMedian * N) / first.N]) : [];
  const drawing = svg(
    {
      animation: false,
      backgroundColor: "#fff",
      textStyle: { fontFamily: "system-ui, sans-serif" },
      title: { text: TITLE, textStyle: { fontSize: 14 }, left: 0 },
      legend: { top: 30, left: 0 },
      grid: { left: 80, right: 40, top: 70, bottom: 50 },
      xAxis: axis("vehicles", 28),
      yAxis: axis("ms", 56),
      series: [
        line(
          "this planner",
          "#0b6",
          "solid",
          sizes.map(({ N, msMedian }) => [N, msMedian]),
        ),
        line(
          "HiGHS",
          "#c40",
          "solid",
          sizes.flatMap(({ N, highsMs }) => (highsMs === null ? [] : [[N, highsMs]])),
        ),
        { ...line("in proportion", "#999", "dashed", proportional), symbol: "none" },
      ],
    },
    420,
  );
  // A title for those who cannot see it; and no styles, which are only for a pointer.
  return drawing.replace(">", `><title>${TITLE}</title>`).replace(/<style[\s\S]*<\/style>\n?/, "");
}

function axis(name: string, nameGap: number) {
  return {
    type: "log",
    name,
    nameLocation: "middle",
    nameGap,
    axisLabel: { formatter: (value: number) => grouped(value) },
    splitLine: { lineStyle: { color: "#eee" } },
  };
}

function line(name: string, color: string, type: "solid" | "dashed", data: readonly (readonly number[])[]) {
  return { name, type: "line", color, lineStyle: { type }, symbol: "circle", symbolSize: 7, data };
}
