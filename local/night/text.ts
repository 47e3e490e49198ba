import type { Bill } from "./hindsight.ts";
import type { CarReport, Report } from "./report.ts";

const COLUMNS = 80;

/** The report for a person: at most 80 columns, no colour, the same in a pipe. */
export function reportText(report: Report): string {
  const { night } = report;
  return [
    ...wrap(
      `Night of ${night.date}, noon to noon ${night.zone}, ${report.cars.length} ${report.cars.length === 1 ? "car" : "cars"}, ` +
        `faults ${report.faults}, seed ${report.seed}`,
      { hanging: 2 },
    ),
    ...report.notes.flatMap((note) => wrap(`· ${note}`, { indent: 2, hanging: 4 })),
    "",
    ...fleet(report),
    "",
    ...carLines(report),
    "",
    ...ledger(report),
    "",
    ...report.invariants.flatMap((one) => [
      `${one.held ? "held  " : "BROKEN"}  ${one.name}`,
      ...one.violations.slice(0, 10).flatMap((violation) => wrap(violation, { indent: 10, hanging: 12 })),
      ...(one.violations.length > 10 ? [`          and ${one.violations.length - 10} more`] : []),
    ]),
    ...resources(report),
  ].join("\n");
}

function fleet(report: Report): string[] {
  const { totals, savedAgainstChargeNow: saved } = report;
  const row = (name: string, bill: Bill) =>
    `  ${name.padEnd(24)}${bill.energyKwh.toFixed(1).padStart(9)}${pounds(bill.costPence).padStart(11)}${(bill.carbonGrams / 1000).toFixed(1).padStart(11)}${perKwh(bill).padStart(11)}`;
  return [
    `  ${"".padEnd(24)}${"kWh".padStart(9)}${"cost £".padStart(11)}${"kg CO2".padStart(11)}${"p/kWh".padStart(11)}`,
    row("this night", totals.actual),
    row("charge at plug-in", totals.chargeNow),
    row("cheapest with hindsight", totals.hindsight),
    `  saved against charging at plug-in: cost ${saved.costPercent.toFixed(1)} %, CO2 ${saved.carbonPercent.toFixed(1)} %`,
    `  above the cheapest with hindsight: ${report.aboveHindsightPercent.toFixed(2)} % (at equal energy)`,
  ];
}

const SHOWN_CARS = 12;

function carLines(report: Report): string[] {
  const ready = report.cars.filter((car) => car.ready).length;
  const could = report.cars.filter((car) => car.couldBeReady).length;
  const notReady = report.cars.filter((car) => !car.ready);
  const shown =
    report.cars.length <= SHOWN_CARS
      ? report.cars
      : [...notReady, ...report.cars.filter((car) => car.ready)].slice(0, SHOWN_CARS);
  return [
    `Ready by their time: ${ready} of ${report.cars.length} (${could} could be)`,
    `  ${"car".padEnd(10)}${"plugged in".padEnd(13)}${"ready by".padEnd(13)}${"needs".padStart(7)}${"got".padStart(8)}  verdict`,
    ...shown.map((car) => carLine(car, report.night.zone)),
    ...(shown.length < report.cars.length
      ? [`  … ${report.cars.length - shown.length} more, all in the JSON report`]
      : []),
  ];
}

function carLine(car: CarReport, zone: string): string {
  const verdict = car.ready ? "ready" : car.couldBeReady ? "LATE" : "could not be ready";
  return `  ${car.assetId.padEnd(10)}${localTime(car.arrivesAt, zone).padEnd(13)}${localTime(car.readyBy, zone).padEnd(13)}${car.neededKwh.toFixed(1).padStart(7)}${car.deliveredKwh.toFixed(1).padStart(8)}  ${verdict}`;
}

function ledger(report: Report): string[] {
  const calls = report.vendorCalls.reduce((sum, kind) => sum + kind.calls, 0);
  const usd = report.vendorCalls.reduce((sum, kind) => sum + kind.priceUsd, 0);
  return [
    ...counts("Commands by end state", report.commands),
    ...counts("Failed commands by fault", report.missedBy),
    ...counts("Faults raised", report.faultsRaised),
    ...counts("Faults injected", report.injectedFaults),
    ...counts("Vendor calls", Object.fromEntries(report.vendorCalls.map((kind) => [kind.kind, kind.calls]))),
    `  ${calls} calls, $${usd.toFixed(2)} at the vendor's prices, $${(usd / report.cars.length).toFixed(3)} a car`,
    ...report.deadLetters.flatMap(({ queue, messages }) =>
      wrap(`${messages} ${messages === 1 ? "message" : "messages"} on dead-letter queue ${queue}`, {
        indent: 2,
        hanging: 4,
      }),
    ),
  ];
}

function resources(report: Report): string[] {
  if (!report.timings) return [];
  const parts = Object.entries(report.timings).map(([name, seconds]) => `${name} ${seconds.toFixed(1)} s`);
  const busy = (report.lambdas ?? []).map(
    ({ name, invocations, seconds }) => `${name} ${seconds.toFixed(1)} s (${invocations})`,
  );
  const memory = report.peakMemoryMb === undefined ? [] : [`Peak memory over all processes: ${report.peakMemoryMb} MB`];
  const lambdas = busy.length === 0 ? [] : wrap(`In Lambdas (invocations): ${busy.join(", ")}`, { hanging: 2 });
  return ["", ...wrap(`Time: ${parts.join(", ")}`, { hanging: 2 }), ...lambdas, ...memory];
}

function counts(title: string, by: Record<string, number>): string[] {
  const parts = Object.entries(by).map(([name, count]) => `${name} ${count}`);
  return wrap(`${title}: ${parts.length > 0 ? parts.join(", ") : "none"}`, { hanging: 2 });
}

/** Lines of at most 80 columns; the first is indented by `indent`, the others by `hanging`. A longer word is cut. */
function wrap(text: string, { indent = 0, hanging }: { indent?: number; hanging: number }): string[] {
  const lines: string[] = [];
  let line = "";
  const margin = () => " ".repeat(lines.length === 0 ? indent : hanging);
  const finish = () => {
    lines.push(margin() + line);
    line = "";
  };
  for (const word of text.split(/\s+/).filter((one) => one !== "")) {
    if (line !== "" && margin().length + line.length + 1 + word.length > COLUMNS) finish();
    line = line === "" ? word : `${line} ${word}`;
    while (margin().length + line.length > COLUMNS) {
      const room = COLUMNS - margin().length;
      const rest = line.slice(room);
      line = line.slice(0, room);
      finish();
      line = rest;
    }
  }
  if (line !== "" || lines.length === 0) finish();
  return lines;
}

function pounds(pence: number): string {
  return (pence / 100).toFixed(2);
}

function perKwh(bill: Bill): string {
  return bill.energyKwh === 0 ? "-" : (bill.costPence / bill.energyKwh).toFixed(2);
}

function localTime(at: string, zone: string): string {
  return new Intl.DateTimeFormat("en-GB", { weekday: "short", hour: "2-digit", minute: "2-digit", timeZone: zone })
    .format(new Date(at))
    .replace(",", "");
}
