import type { MetricStore } from "../cloudwatch/metric-store.ts";
import type { Ringing } from "../cloudwatch/ringing.ts";
import { escaped } from "../svg-page.ts";
import { alarmPanel, alarmPanelHeight } from "./alarm-panel.ts";
import type { AlarmList, Body, Graph } from "./body.ts";
import { graphSvg } from "./graph.ts";
import type { Span } from "./look.ts";

const WIDTH_PX = 960;
const GAP_PX = 10;
const CARD_PX = (WIDTH_PX - 3 * GAP_PX) / 2;
const GRAPH_PX = 190;
const HEADING_PX = 58;

type Seen = { store: MetricStore; ringings: readonly Ringing[]; span: Span; note: string };

/** A dashboard as one SVG with a ground of its own, so that it reads on a dark page too. `note`: whose metrics these are. */
export function picture({ heading, widgets }: Body, seen: Seen): string {
  const { store, ringings, span, note } = seen;
  const heightOf = (widget: Graph | AlarmList) =>
    widget.kind === "graph" ? GRAPH_PX : alarmPanelHeight(widget, ringings, span);
  const draw = (widget: Graph | AlarmList, name: string) =>
    widget.kind === "graph"
      ? bare(graphSvg(widget, store, span, { width: CARD_PX, height: GRAPH_PX }), name)
      : alarmPanel(widget, ringings, span, CARD_PX);

  let top = HEADING_PX;
  const cards: string[] = [];
  for (const row of pairs(widgets)) {
    const height = Math.max(...row.map(heightOf));
    for (const [index, widget] of row.entries()) {
      const left = GAP_PX + index * (CARD_PX + GAP_PX);
      cards.push(`<g transform="translate(${left} ${top})">
<rect width="${CARD_PX}" height="${height}" rx="4" fill="#fff" stroke="#d0d7de"/>
${draw(widget, `chart${cards.length}`)}
</g>`);
    }
    top += height + GAP_PX;
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH_PX} ${top}" width="${WIDTH_PX}" height="${top}" font-family="system-ui, sans-serif" fill="#222">
<title>${escaped(heading)}</title>
<rect width="${WIDTH_PX}" height="${top}" fill="#f6f8fa"/>
<text x="${GAP_PX}" y="26" font-size="18" font-weight="bold">${escaped(heading)}</text>
<text x="${GAP_PX}" y="46" font-size="12" fill="#555">${escaped(note)}</text>
${cards.join("\n")}
</svg>
`;
}

/** Without what is only for a pointer, and with names that no other chart of the picture has. */
function bare(drawing: string, name: string): string {
  return drawing
    .replace(/<style[\s\S]*<\/style>\n?/, "")
    .replaceAll(/ (class|pointer-events|ecmeta_\w+)="[^"]*"/g, "")
    .replaceAll(/zr\d+-c/g, `${name}-`);
}

function pairs<T>(all: readonly T[]): T[][] {
  return all.flatMap((_, index) => (index % 2 === 0 ? [all.slice(index, index + 2)] : []));
}
