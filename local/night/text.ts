import { alarmLines } from "./alarms.ts";
import { faultsNamedLines } from "./faults-text.ts";
import { fleetLines } from "./fleet-text.ts";
import { gridEventLines } from "./grid-event.ts";
import { count, wrap } from "./lines.ts";
import { planningLines } from "./planning.ts";
import type { Report } from "./report.ts";
import type { CallSum } from "./vendor-calls.ts";

/** The report for a person: at most 80 columns, no colour, the same in a pipe. */
export function reportText(report: Report): string {
  const { night } = report;
  return [
    ...wrap(
      `Night of ${night.date}, noon to noon ${night.zone}, ${devices(report)}, ` +
        `faults ${report.faults}, seed ${report.seed}`,
      { hanging: 2 },
    ),
    ...report.notes.flatMap((note) => wrap(`· ${note}`, { indent: 2, hanging: 4 })),
    "",
    ...fleetLines(report),
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

function devices({ cars, chargers, heatPumps, solarSites }: Report): string {
  const kinds: [number, string][] = [
    [cars.length, "car"],
    [chargers.length, "charger"],
    [heatPumps.length, "heat pump"],
    [solarSites.length, "solar site"],
  ];
  return kinds.flatMap(([number, kind]) => (number > 0 ? count(number, kind) : [])).join(", ");
}

function ledger(report: Report): string[] {
  return [
    ...planningLines(report.planning),
    ...(report.gridEvent ? gridEventLines(report.gridEvent, report.night.zone) : []),
    ...counts("Commands by end state", report.commands),
    ...counts("Failed commands by fault", report.missedBy),
    ...counts("Faults raised", report.faultsRaised),
    ...counts("Faults injected", report.injectedFaults),
    ...(Object.keys(report.obstacles).length > 0 ? counts("Met only by commands", report.obstacles) : []),
    ...faultsNamedLines(report.faultsNamed),
    ...vendorLines(report),
    ...alarmLines(report.alarms, report.night.zone),
    ...report.deadLetters.flatMap(({ queue, messages }) =>
      wrap(`${count(messages, "message")} on dead-letter queue ${queue}`, { indent: 2, hanging: 4 }),
    ),
  ];
}

function vendorLines({ vendorCalls, vendorLoads }: Report): string[] {
  const sum = (of: (kind: CallSum) => number) => vendorCalls.reduce((total, kind) => total + of(kind), 0);
  const loads = vendorLoads.flatMap(({ integration, callsPerDeviceDay, usdPerDeviceDay }) => {
    const kinds = vendorCalls
      .filter((kind) => kind.integration === integration)
      .map(({ kind, calls, priceUsd }) => `${kind} ${calls}${priceUsd > 0 ? ` ($${priceUsd.toFixed(2)})` : ""}`);
    const each = `${callsPerDeviceDay.toFixed(1)} calls, $${usdPerDeviceDay.toFixed(3)} a device and day`;
    return wrap(`${integration}: ${kinds.join(", ") || "none"}; ${each}`, { indent: 2, hanging: 4 });
  });
  return [
    ...wrap(
      `Vendor calls: ${sum(({ calls }) => calls)}, $${sum(({ priceUsd }) => priceUsd).toFixed(2)} at the vendors' prices`,
      { hanging: 2 },
    ),
    ...loads,
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
  const parts = Object.entries(by).map(([name, times]) => `${name} ${times}`);
  return wrap(`${title}: ${parts.length > 0 ? parts.join(", ") : "none"}`, { hanging: 2 });
}
