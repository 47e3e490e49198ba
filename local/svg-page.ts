import { type EChartsCoreOption, init } from "echarts/core";

/** A page that needs nothing else: drawings as SVG, no script. `title` is text; `body` is HTML. */
export function page({ title, widthRem, body }: { title: string; widthRem: number; body: string }): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escaped(title)}</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: ${widthRem}rem; margin: 2rem auto; padding: 0 1rem; color: #222 }
svg { max-width: 100%; height: auto }
pre { font-size: 12px; overflow-x: auto }
</style>
</head>
<body>
${body}
</body>
</html>
`;
}

/** A drawing; whoever draws has told the library what it uses. */
export function svg(option: EChartsCoreOption, heightPx: number, widthPx = 720): string {
  const chart = init(null, null, { renderer: "svg", ssr: true, width: widthPx, height: heightPx });
  try {
    chart.setOption(option);
    return chart.renderToSVGString();
  } finally {
    chart.dispose();
  }
}

export function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
