/** What a chart's time axis covers, and whose clocks it is labelled by. */
export type Span = { fromMs: number; toMs: number; zone: string };

const HOUR_MS = 3_600_000;
const TICKS = 6;
const COLORS = [
  "#4c78a8",
  "#f58518",
  "#54a24b",
  "#b279a2",
  "#72b7b2",
  "#eeca3b",
  "#9d755d",
  "#ff9da6",
  "#79706e",
  "#2f4b7c",
  "#8cd17d",
  "#d4a6c8",
  "#1b9e77",
  "#a6761d",
  "#7570b3",
  "#bab0ac",
];
const known = new Map<string, string>();

/** The same colour for the same part wherever it is drawn: `acme` and `acme commands`. */
export function colorOf(label: string): string {
  const [part = label] = label.split(" ");
  const color = known.get(part) ?? (COLORS[known.size % COLORS.length] as string);
  known.set(part, color);
  return color;
}

/** Ticks of whole hours, labelled by clocks in the span's zone. */
export function spanTicks({ fromMs, toMs, zone }: Span): { stepMs: number; label: (atMs: number) => string } {
  const clock = new Intl.DateTimeFormat("en-GB", { timeZone: zone, timeStyle: "short" });
  return {
    stepMs: Math.max(1, Math.round((toMs - fromMs) / TICKS / HOUR_MS)) * HOUR_MS,
    label: (atMs) => clock.format(atMs),
  };
}
