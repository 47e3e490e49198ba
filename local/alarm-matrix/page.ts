import { type Accepted, isAccepted, type Outcome, type Problem, type Told } from "./verdict.ts";

const LABEL = 41;
const MARKS = "abcdefghijklmnopqrstuvwxyz0123456789";

/** A cause as a line, and the alarms that it rang as marks in columns, one for each kind of alarm. Fits 80 columns. */
export function matrixText(
  told: readonly Told[],
  outcomes: readonly Outcome[],
  {
    accepted,
    problems,
    standsFor,
    cpuSeconds,
  }: {
    accepted: readonly Accepted[];
    problems: readonly Problem[];
    standsFor: ReadonlyMap<string, string>;
    cpuSeconds: number;
  },
): string {
  const kinds = [
    ...new Set(
      outcomes
        .flatMap(({ alarm, rang }) => [alarm, ...rang.map((one) => one.alarm)])
        .filter(Boolean)
        .map(kindOf),
    ),
  ];
  const markOf = new Map(kinds.map((kind, index) => [kind, MARKS[index] ?? "?"]));
  const within = new Map(told.map((one) => [one.alarm, one.withinMinutes]));
  const rows = outcomes.map(({ alarm, cause, rang }) => {
    const own = rang.find((one) => one.alarm === alarm);
    const cells = kinds.map((kind) => {
      const here = rang.filter((one) => kindOf(one.alarm) === kind);
      if (here.some((one) => one.alarm !== alarm && !isAccepted(accepted, alarm, one.alarm))) return "!";
      if (here.some((one) => one.alarm === alarm)) return "#";
      if (kindOf(alarm || "-") === kind) return "?";
      return here.length > 0 ? "+" : ".";
    });
    const name = alarm === "" ? "(none)" : alarm;
    const times = own
      ? `${String(own.after).padStart(5)} of ${String(within.get(alarm)).padStart(4)}  ${String(own.okAfter ?? "never").padStart(5)}`
      : "";
    return `${name.padEnd(LABEL).slice(0, LABEL)} ${times.padEnd(20)}\n  ${cells.join("")}  ${cause}`;
  });
  const head = `${"alarm that the cause is for".padEnd(LABEL)} ${"rang after, within, OK after (min)"}`;
  const legend = kinds.map((kind) => `${markOf.get(kind)} ${kind}`);
  return [
    head,
    `  ${kinds.map((kind) => markOf.get(kind)).join("")}  cause`,
    ...rows,
    "",
    "# its own alarm   + accepted beside it   ! another alarm   ? silent",
    ...columns(legend),
    "",
    ...accepted.flatMap(({ alarm, also, reason }) => wrapped(`accepted: ${alarm} rings ${also} too: ${reason}.`)),
    ...(standsFor.size > 0 ? wrapped(standing(standsFor)) : []),
    "",
    ...problems.flatMap(({ kind, alarm, says }) => wrapped(`${kind}: ${alarm}: ${says}`)),
    `${told.length} alarms, ${new Set(outcomes.map(({ alarm }) => alarm).filter(Boolean)).size} played, ${standsFor.size} equal to one that was, ${problems.length} wrong; ${Math.round(cpuSeconds)} s of CPU`,
  ].join("\n");
}

/** `easee-not-read` is about what is not read; all queues' dead letters are of a kind. */
function kindOf(alarm: string): string {
  return alarm.slice(alarm.indexOf("-") + 1).replace(/^[a-z]+-(?=dead-letters)/, "");
}

function standing(standsFor: ReadonlyMap<string, string>): string {
  const by = new Map<string, string[]>();
  for (const [alarm, other] of standsFor) by.set(other, [...(by.get(other) ?? []), alarm]);
  return `equal but for names: ${[...by].map(([other, alarms]) => `${other} stands for ${alarms.join(", ")}`).join("; ")}.`;
}

function columns(texts: readonly string[]): string[] {
  const rows = Math.ceil(texts.length / 3);
  return Array.from({ length: rows }, (_, row) =>
    [0, 1, 2]
      .map((column) => (texts[column * rows + row] ?? "").padEnd(26))
      .join("")
      .trimEnd(),
  );
}

function wrapped(text: string): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line.length + word.length > 78) {
      lines.push(line.trimEnd());
      line = "  ";
    }
    line += `${word} `;
  }
  return [...lines, line.trimEnd()];
}
