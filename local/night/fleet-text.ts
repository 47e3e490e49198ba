import type { Bill } from "./bill.ts";
import type { HeatPumpTotals } from "./heat-pump-report.ts";
import { count, wrap } from "./lines.ts";
import type { SolarSiteReport } from "./production.ts";
import type { Report } from "./report.ts";
import type { StayReport, StayTotals } from "./stay-report.ts";

/** What each kind of device used, beside what it would have used otherwise; then who was ready. */
export function fleetLines(report: Report): string[] {
  const { cars, chargers, heatPumps } = report.byKind;
  const blocks = [
    ...(cars ? [stayLines(count(report.cars.length, "car"), cars)] : []),
    ...(chargers ? [stayLines(count(report.chargers.length, "charger"), chargers)] : []),
    ...(heatPumps ? [heatPumpLines(count(report.heatPumps.length, "heat pump"), heatPumps)] : []),
    ...(report.solarSites.length > 0 ? [solarLines(report.solarSites)] : []),
    ...(cars || chargers ? [readyLines([...report.cars, ...report.chargers], report.night.zone)] : []),
  ];
  return blocks.flatMap((block, index) => (index === 0 ? block : ["", ...block]));
}

function stayLines(title: string, { totals, savedAgainstChargeNow: saved, aboveHindsightPercent }: StayTotals) {
  return [
    header(title),
    row("this night", totals.actual),
    row("charge at plug-in", totals.chargeNow),
    row("cheapest with hindsight", totals.hindsight),
    `  saved against charging at plug-in: cost ${saved.costPercent.toFixed(1)} %, CO2 ${saved.carbonPercent.toFixed(1)} %`,
    `  above the cheapest with hindsight: ${aboveHindsightPercent.toFixed(2)} % (at equal energy)`,
  ];
}

function heatPumpLines(title: string, sums: HeatPumpTotals) {
  const { totals, storedMoreKwh, savedAgainstLeftAlone: saved, comfortBreaches } = sums;
  const breaches = comfortBreaches === 0 ? "never" : count(comfortBreaches, "time");
  return [
    header(title),
    row("this night", totals.actual),
    row("left alone", totals.leftAlone),
    `  heat left at the end: ${Math.abs(storedMoreKwh).toFixed(1)} kWh ${storedMoreKwh < 0 ? "less" : "more"} than left alone, counted at the mean price`,
    `  saved against leaving them alone: cost ${saved.costPercent.toFixed(1)} %, CO2 ${saved.carbonPercent.toFixed(1)} %`,
    `  left their comfort band on our account: ${breaches}`,
  ];
}

function solarLines(sites: readonly SolarSiteReport[]): string[] {
  const sum = (of: (site: SolarSiteReport) => number) => sites.reduce((total, site) => total + of(site), 0);
  const sampled = sites.flatMap(({ knownPercent }) => knownPercent ?? []);
  const known = sampled.length === 0 ? "unknown" : `${(sum((s) => s.knownPercent ?? 0) / sampled.length).toFixed(1)} %`;
  return wrap(
    `${count(sites.length, "solar site")}: production known ${known} of the hours from nine to three, ` +
      `${sum((s) => s.producedKwh).toFixed(1)} kWh as read, of which the home's devices drew ` +
      `${sum((s) => s.usedByDevicesKwh).toFixed(1)} kWh meanwhile`,
    { indent: 2, hanging: 4 },
  );
}

const SHOWN = 12;

function readyLines(stays: readonly StayReport[], zone: string): string[] {
  const ready = stays.filter((stay) => stay.ready);
  const could = stays.filter((stay) => stay.couldBeReady).length;
  const notReady = stays.filter((stay) => !stay.ready);
  const shown = stays.length <= SHOWN ? stays : [...notReady, ...ready].slice(0, SHOWN);
  const width = Math.max(10, ...shown.map(({ assetId }) => assetId.length + 2));
  return [
    `Ready by their time: ${ready.length} of ${stays.length} (${could} could be)`,
    `  ${"".padEnd(width)}${"plugged in".padEnd(13)}${"ready by".padEnd(13)}${"needs".padStart(7)}${"got".padStart(8)}  verdict`,
    ...shown.map((stay) => readyLine(stay, width, zone)),
    ...(shown.length < stays.length ? [`  … ${stays.length - shown.length} more, all in the JSON report`] : []),
  ];
}

function readyLine(stay: StayReport, width: number, zone: string): string {
  const verdict = stay.ready ? "ready" : stay.couldBeReady ? "LATE" : "could not be ready";
  return `  ${stay.assetId.padEnd(width)}${localTime(stay.arrivesAt, zone).padEnd(13)}${localTime(stay.readyBy, zone).padEnd(13)}${stay.neededKwh.toFixed(1).padStart(7)}${stay.deliveredKwh.toFixed(1).padStart(8)}  ${verdict}`;
}

function header(title: string): string {
  return `  ${title.padEnd(24)}${"kWh".padStart(9)}${"cost £".padStart(11)}${"kg CO2".padStart(11)}${"p/kWh".padStart(11)}`;
}

function row(name: string, bill: Bill): string {
  const perKwh = bill.energyKwh === 0 ? "-" : (bill.costPence / bill.energyKwh).toFixed(2);
  return `  ${name.padEnd(24)}${bill.energyKwh.toFixed(1).padStart(9)}${(bill.costPence / 100).toFixed(2).padStart(11)}${(bill.carbonGrams / 1000).toFixed(1).padStart(11)}${perKwh.padStart(11)}`;
}

function localTime(at: string, zone: string): string {
  return new Intl.DateTimeFormat("en-GB", { weekday: "short", hour: "2-digit", minute: "2-digit", timeZone: zone })
    .format(new Date(at))
    .replace(",", "");
}
