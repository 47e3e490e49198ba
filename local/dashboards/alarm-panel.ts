import { groupBy } from "../../shared/group-by.ts";
import type { Ringing } from "../cloudwatch/ringing.ts";
import { escaped } from "../svg-page.ts";
import type { AlarmList } from "./body.ts";
import { type Span, spanTicks } from "./look.ts";

const ROW_PX = 17;
const NAMES_PX = 190;
const RIGHT_PX = 24;
const TOP_PX = 34;
const MOST_ROWS = 9;

const rangIn = ({ alarms }: AlarmList, ringings: readonly Ringing[], { fromMs, toMs }: Span) =>
  groupBy(
    ringings.filter(
      ({ alarm, fromMs: from, untilMs = Number.POSITIVE_INFINITY }) =>
        alarms.includes(alarm) && from < toMs && untilMs > fromMs,
    ),
    ({ alarm }) => alarm,
  );

/** Pixels that the panel takes. */
export function alarmPanelHeight(list: AlarmList, ringings: readonly Ringing[], span: Span): number {
  return TOP_PX + ROW_PX * Math.min(MOST_ROWS + 1, Math.max(1, rangIn(list, ringings, span).size)) + 22;
}

/** How many alarms there are, and when those that rang did so. */
export function alarmPanel(list: AlarmList, ringings: readonly Ringing[], span: Span, width: number): string {
  const rang = [...rangIn(list, ringings, span)];
  const at = (atMs: number) =>
    NAMES_PX + ((width - NAMES_PX - RIGHT_PX) * (atMs - span.fromMs)) / (span.toMs - span.fromMs);
  const title = `${list.title}: ${list.alarms.length} alarms, ${rang.length === 0 ? "none" : rang.length} in ALARM at some time`;
  const rows = rang.slice(0, MOST_ROWS).map(([alarm, times], index) => {
    const y = TOP_PX + index * ROW_PX;
    const bars = times.map(({ fromMs, untilMs = span.toMs }) => {
      const [from, to] = [at(Math.max(fromMs, span.fromMs)), at(Math.min(untilMs, span.toMs))];
      return `<rect x="${from.toFixed(1)}" y="${y}" width="${Math.max(1.5, to - from).toFixed(1)}" height="11" fill="#d62728"/>`;
    });
    return `<text x="8" y="${y + 10}" font-size="11">${escaped(alarm.replace(/^headroom-[a-z]+-/, ""))}</text>
<rect x="${NAMES_PX}" y="${y}" width="${width - NAMES_PX - RIGHT_PX}" height="11" fill="#dff0df"/>
${bars.join("\n")}`;
  });
  if (rang.length > MOST_ROWS)
    rows.push(
      `<text x="8" y="${TOP_PX + MOST_ROWS * ROW_PX + 10}" font-size="11">and ${rang.length - MOST_ROWS} more</text>`,
    );
  const { stepMs, label } = spanTicks(span);
  const ticks = Array.from({ length: Math.floor((span.toMs - span.fromMs) / stepMs) + 1 }, (_, index) => {
    const atMs = span.fromMs + index * stepMs;
    const bottom = alarmPanelHeight(list, ringings, span) - 8;
    return `<text x="${at(atMs).toFixed(1)}" y="${bottom}" font-size="10" fill="#6e7079" text-anchor="middle">${label(atMs)}</text>`;
  });
  return `<text x="6" y="17" font-size="12" font-weight="bold">${escaped(title)}</text>
${rows.join("\n")}
${rang.length > 0 ? ticks.join("\n") : ""}`;
}
