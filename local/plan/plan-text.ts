import type { Solution } from "../../lambdas/optimiser/engine/case/problem.ts";
import { instant, MINUTE_MS } from "../../shared/domain/instant.ts";
import { localClock } from "../ops/local-time.ts";
import { plain, WIDTH } from "../ops/printable.ts";
import type { PlanCase } from "./case-file.ts";
import type { Verdict } from "./checker.ts";

const NAME = 12;
const COLUMNS = WIDTH - NAME - 1;
const MOST_ASSETS = 24;

/** The plan and what proves it, at most 80 columns wide, the same on a terminal and in a pipe. */
export function planText(plan: PlanCase, solution: Solution, verdict: Verdict): string {
  const { slots, slotMinutes, zone } = plan.time;
  return [
    cut(`${plain(plan.id)}  ${plain(plan.title)}`.trimEnd()),
    cut(`${slots} slots of ${slotMinutes} minutes, ${plan.assets.length} assets, times of ${plain(zone)}`),
    "",
    ...certificate(solution, verdict),
    "",
    ...strip(plan, solution),
    "",
  ].join("\n");
}

function certificate({ boundPence, isProven, nodes, pivots }: Solution, verdict: Verdict): string[] {
  const { costPence, parts, shortfallKwh, violations } = verdict;
  const spent = Object.entries(parts)
    .filter(([, pence]) => Math.abs(pence) >= 0.005)
    .map(([name, pence]) => `${WORDS[name as keyof typeof parts]} ${pence.toFixed(2)}`);
  const gapPence = Math.max(costPence - boundPence, 0);
  const share = Math.abs(costPence) > 1e-9 ? ` (${((100 * gapPence) / Math.abs(costPence)).toFixed(3)} %)` : "";
  return [
    `cost       ${costPence.toFixed(4).padStart(12)} p`,
    ...spent.map((part) => `             ${part}`),
    `bound      ${boundPence.toFixed(4).padStart(12)} p   no plan can cost less`,
    isProven
      ? `gap        ${gapPence.toFixed(4).padStart(12)} p   proven optimal`
      : `gap        ${gapPence.toFixed(4).padStart(12)} p${share}, not proven optimal`,
    `shortfall  ${shortfallKwh.toFixed(3).padStart(12)} kWh`,
    ...(violations.length === 0
      ? [`checked    ${"".padStart(12)}     every rule holds`]
      : [
          `checked    ${violations.length} rules broken`,
          ...violations.slice(0, 10).map((one) => cut(`  ${plain(one)}`)),
        ]),
    `search     ${String(nodes).padStart(12)} nodes, ${pivots} pivots`,
  ];
}

const WORDS = {
  energy: "energy",
  carbon: "carbon",
  shortfall: "shortfall",
  starts: "starts",
  discomfort: "discomfort",
  cycling: "battery wear",
  exportRevenue: "less export",
} as const;

/** Hours on top, then a line for each asset: `#` full power, `+` less, `=` discharging, `.` nothing, blank outside its window. */
function strip(plan: PlanCase, { schedule }: Solution): string[] {
  const { slots, slotMinutes, startUtc, zone } = plan.time;
  const perColumn = Math.ceil(slots / COLUMNS);
  const columns = Math.ceil(slots / perColumn);
  const startMs = Date.parse(startUtc);
  const clock = localClock(zone, instant(startMs));
  const hours = Array.from({ length: columns + 2 }, () => " ");
  let last = -3;
  for (let column = 0; column < columns; column++) {
    const { hour, minute } = clock.hourMinute(instant(startMs + column * perColumn * slotMinutes * MINUTE_MS));
    if (minute !== 0 || hour % 3 !== 0 || column - last < 3) continue;
    hours.splice(column, 2, ...String(hour).padStart(2, "0"));
    last = column;
  }
  const lines = [`${"".padEnd(NAME)} ${hours.join("").trimEnd()}`];
  const line = (name: string, symbol: (slot: number) => string) => {
    const drawn = Array.from({ length: columns }, (_, column) => {
      const symbols = Array.from({ length: Math.min(perColumn, slots - column * perColumn) }, (_, k) =>
        symbol(column * perColumn + k),
      );
      return ["#", "+", "=", "."].find((one) => symbols.includes(one)) ?? " ";
    });
    lines.push(`${plain(name).slice(0, NAME).padEnd(NAME)} ${drawn.join("").trimEnd()}`);
  };
  for (const asset of plan.assets.slice(0, MOST_ASSETS)) {
    const kw = schedule.kw.get(asset.id);
    const most = asset.kind === "battery" ? asset.maxChargeKw : asset.maxKw;
    line(asset.id, (t) => {
      const power = kw?.[t] ?? 0;
      if (asset.kind !== "battery" && (t < asset.fromSlot || t >= asset.toSlot)) return " ";
      return power < -1e-4 ? "=" : power <= 1e-4 ? "." : power >= 0.95 * most ? "#" : "+";
    });
  }
  if (plan.assets.length > MOST_ASSETS) lines.push(`${"".padEnd(NAME)} and ${plan.assets.length - MOST_ASSETS} more`);
  const totals = Array.from({ length: slots }, (_, t) =>
    [...schedule.kw.values()].reduce((sum, kw) => sum + (kw[t] ?? 0), 0),
  );
  const peakKw = Math.max(...totals, 0);
  const tenths = Array.from({ length: columns }, (_, column) => {
    const kw = Math.max(...totals.slice(column * perColumn, (column + 1) * perColumn));
    return kw <= 1e-4 || peakKw <= 0 ? "." : String(Math.min(9, Math.floor((10 * kw) / peakKw)));
  });
  lines.push(
    `${"all, tenths".padEnd(NAME)} ${tenths.join("").trimEnd()}`,
    `${"".padEnd(NAME)} of ${peakKw.toFixed(2)} kW, the most in a slot`,
  );
  return lines;
}

function cut(text: string): string {
  return text.length <= WIDTH ? text : `${text.slice(0, WIDTH - 1)}…`;
}
