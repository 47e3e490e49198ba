import type { Played } from "./play.ts";

const clock = (ms: number) => new Date(ms).toISOString().slice(11, 19);
const LAST_LINES = 30;
const MOST_TOLD = 20;

/** A broken promise as somebody reads it who must mend it: what, the fewest faults that do it, what happened, and how to see it again. */
export function failureText(
  failed: Played,
  { commit, replay, faultsBefore }: { commit: string; replay: string; faultsBefore: number },
): string {
  const { seed, violations, injections, hash } = failed;
  const about = violations[0]?.about ?? "";
  const said = failed.lines.filter((line) => about === "" || line.includes(about)).map(readable);
  return [
    `seed ${seed} broke ${count(violations.length, "promise")} (commit ${commit}, trace ${hash})`,
    ...violations
      .slice(0, MOST_TOLD)
      .map(({ invariant, atMs, what, about: whom }) => `  ${clock(atMs)} ${invariant}: ${whom} ${what}`),
    `${count(injections.length, "fault")} of ${faultsBefore} ${injections.length === 1 ? "is" : "are"} enough:`,
    ...injections.slice(0, MOST_TOLD).map(({ id, atMs, what }) => `  ${clock(atMs)} ${id} ${what}`),
    `the last of ${said.length} lines about ${about || "all"}:`,
    ...said.slice(-LAST_LINES).map((line) => `  ${line}`),
    `again: ${replay}`,
  ].join("\n");
}

/** A line of the trace with its moment in words. */
export function readable(line: string): string {
  const at = line.indexOf(" ");
  return `${clock(Number(line.slice(0, at)))}${line.slice(at)}`.slice(0, 240);
}

export function count(number: number, thing: string): string {
  return `${number.toLocaleString("en")} ${thing}${number === 1 ? "" : "s"}`;
}
