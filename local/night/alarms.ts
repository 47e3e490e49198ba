import { type Instant, instant } from "../../shared/domain/instant.ts";
import { groupBy } from "../../shared/group-by.ts";
import type { Transition } from "../cloudwatch/alarms.ts";
import type { Ringing } from "../cloudwatch/ringing.ts";
import { count, wrap } from "./lines.ts";

/** One time that an alarm was in ALARM; without `to` while it still is. */
export type AlarmReport = { alarm: string; from: Instant; to?: Instant; reason: string; told: boolean };

/** Where `npm start` writes every change of every alarm, under the project. */
export const ALARMS_FILE = "last-run-alarms.txt";
const MOST_NAMED = 5;
const MOST_TIMES = 3;

export function alarmReports(ringings: readonly Ringing[]): AlarmReport[] {
  return ringings.map(({ alarm, fromMs, untilMs, reason, told }) => ({
    alarm,
    from: instant(fromMs),
    ...(untilMs !== undefined && { to: instant(untilMs) }),
    reason,
    told,
  }));
}

/** Which alarms told anybody, and from when to when by clocks at the homes. */
export function alarmLines(alarms: readonly AlarmReport[], zone: string): string[] {
  const rung = groupBy(
    alarms.filter(({ told }) => told),
    ({ alarm }) => alarm,
  );
  if (rung.size === 0) return ["Alarms: none rang"];
  const clock = new Intl.DateTimeFormat("en-GB", { timeZone: zone, timeStyle: "short" });
  const span = ({ from, to }: AlarmReport) =>
    `${clock.format(new Date(from))}${to ? `–${clock.format(new Date(to))}` : " and still"}`;
  const named = [...rung].slice(0, MOST_NAMED);
  return [
    `Alarms: ${rung.size} rang; every change is in .headroom/${ALARMS_FILE}`,
    ...named.flatMap(([alarm, times]) => {
      const more = times.length > MOST_TIMES ? [`${times.length - MOST_TIMES} times more`] : [];
      const spans = [...times.slice(0, MOST_TIMES).map(span), ...more];
      return wrap(`${alarm} ${spans.join(", ")}`, { indent: 2, hanging: 4 });
    }),
    ...(rung.size > named.length ? [`  and ${count(rung.size - named.length, "other")}`] : []),
  ];
}

/** Every change of every alarm, as a text of tab-separated lines. */
export function alarmsText(transitions: readonly Transition[]): string {
  const lines = transitions.map(({ atMs, alarm, from, to, reason }) => [
    instant(atMs),
    alarm,
    `${from} → ${to}`,
    reason,
  ]);
  return [["at (UTC)", "alarm", "change", "reason"], ...lines].map((line) => `${line.join("\t")}\n`).join("");
}
