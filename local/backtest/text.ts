import type { BacktestReport, ReportRow } from "./report.ts";

const COLUMNS = 80;

export const POLICY_NAMES: Record<string, string> = {
  now: "at plug-in",
  llf: "least laxity first",
  rolling: "rolling",
  cheapest: "perfect foresight",
};

const BASELINES: Record<string, string> = { now: "charging at plug-in", llf: "least laxity first" };

/** The report for a person: at most 80 columns, no colour, the same in a pipe. */
export function backtestText(report: BacktestReport): string {
  const cap = report.capKw === null ? "no cap" : `cap ${report.capKw} kW`;
  const hasCost = report.rows.some((row) => row.costPence !== null);
  const hasCarbon = report.rows.some((row) => row.carbonGrams !== null);
  const unit = report.unit === "pence" ? "p/kWh" : "g/kWh";
  const header = [
    "".padEnd(18),
    "kWh".padStart(8),
    "deliv %".padStart(8),
    ...(hasCost ? ["£".padStart(8)] : []),
    ...(hasCarbon ? ["kg CO2".padStart(9)] : []),
    unit.padStart(8),
    "saved %".padStart(8),
    "late".padStart(5),
    "cmd/day".padStart(8),
  ].join("");
  return [
    `${report.cars} stays, ${report.from.slice(0, 10)} to ${report.to.slice(0, 10)}, ${report.neededKwh.toFixed(1)} kWh, ${cap}, steps of ${report.stepMinutes} min`,
    ...report.notes.map((note) => `  · ${note}`),
    "",
    header,
    ...report.rows.map((row) => line(row, hasCost, hasCarbon)),
    `saved %: of what perfect foresight saves against ${BASELINES[report.baseline]};`,
    "cmd/day: commands per car and day plugged in",
    ...regretLines(report),
  ]
    .flatMap((text) => fold(text))
    .join("\n");
}

function line(row: ReportRow, hasCost: boolean, hasCarbon: boolean): string {
  return [
    (POLICY_NAMES[row.policy] ?? row.policy).padEnd(18),
    row.deliveredKwh.toFixed(1).padStart(8),
    row.deliveredPercent.toFixed(2).padStart(8),
    ...(hasCost ? [((row.costPence ?? 0) / 100).toFixed(2).padStart(8)] : []),
    ...(hasCarbon ? [((row.carbonGrams ?? 0) / 1000).toFixed(1).padStart(9)] : []),
    row.perKwh.toFixed(2).padStart(8),
    (row.savedPercent === null ? "-" : row.savedPercent.toFixed(1)).padStart(8),
    String(row.lateCars).padStart(5),
    row.commandsPerCarDay.toFixed(2).padStart(8),
  ].join("");
}

function regretLines({ regret, unit, policy }: BacktestReport): string[] {
  const amount = (value: number) => {
    const text = unit === "pence" ? `£${(value / 100).toFixed(2)}` : `${(value / 1000).toFixed(1)} kg`;
    return text.replace(/^£-/, "-£").replace(/^-(£0\.00|0\.0 kg)$/, "$1");
  };
  return [
    "",
    `Regret of ${POLICY_NAMES[policy]} against perfect foresight: ${amount(regret.total)} (${regret.percentOfForesight.toFixed(2)} %)`,
    ...regret.parts.map(({ cause, value, why }) =>
      value === null
        ? `  ${cause.padEnd(10)}${"-".padStart(10)}  ${why}`
        : `  ${cause.padEnd(10)}${amount(value).padStart(10)}`,
    ),
  ];
}

function fold(text: string): string[] {
  if (text.length <= COLUMNS) return [text];
  const cut = text.lastIndexOf(" ", COLUMNS);
  return cut <= 4 ? [text] : [text.slice(0, cut), ...fold(`    ${text.slice(cut + 1)}`)];
}
