import type { Asset } from "../../../shared/domain/asset.ts";
import {
  epochMs,
  HOUR_MS,
  type Instant,
  instant,
  MINUTE_MS,
  plusMs,
  ZonedTime,
} from "../../../shared/domain/instant.ts";
import type { ProductionReading } from "../../../shared/domain/reading.ts";
import { VendorError } from "../../../shared/errors.ts";
import type { Look } from "../../../shared/integration/contract.ts";
import { oddity, unknownOf } from "../../../shared/integration/odd.ts";
import type { SolarEdgeBlock, SolarEdgeMeters, SolarEdgeSeries } from "./api.ts";
import { localHour } from "./local-time.ts";

const QUARTERS = "QUARTER_HOUR";
/** More than any site's connection. */
const MOST_KW = 100_000;

export type SolarSite = Extract<Asset, { kind: "solar-site" }>;

const QUARTER_MS = 15 * MINUTE_MS;
/** A quarter's value comes one to two minutes after its end; asked for sooner it is absent, or changes. */
const SETTLED_MS = 3 * MINUTE_MS;
/** Two hours less than SolarEdge allows: a clock change and ends that cannot be named make a span that much longer. */
const SPAN_MS = 10 * HOUR_MS;
/** It is light everywhere we serve between these hours, so that no data is no night. */
const LIGHT_FROM_HOUR = 10;
const LIGHT_TO_HOUR = 15;
/** Silent for so long in daylight, a site has lost its gateway; less may be a late answer. */
const SILENT_MS = 2 * HOUR_MS;

/** kW or kWh in one of the vendor's units. Each block names its own; asked for W or Wh, some answer otherwise. */
const POWER_UNITS: Record<string, number> = { W: 1e-3, KW: 1, kW: 1, MW: 1e3 };
const ENERGY_UNITS: Record<string, number> = {
  WH: 1e-3,
  Wh: 1e-3,
  KWH: 1,
  kWh: 1,
  MWH: 1e3,
  MWh: 1e3,
  GWH: 1e6,
  GWh: 1e6,
};

export type Period = { from: Instant; to: Instant };

/**
 * What to ask for: from where the last reading's energy ended to the last quarter that is settled. Undefined when nothing
 * newer than the last reading can be known.
 */
export function periodToAsk(last: ProductionReading | undefined, now: Instant): Period | undefined {
  const toMs = Math.floor((epochMs(now) - SETTLED_MS) / QUARTER_MS) * QUARTER_MS;
  if (last && epochMs(last.observedAt) >= toMs) return undefined;
  // A reading without energy says from when it is unknown: it may be told later, when the gateway is back.
  const since = last && (last.producedKwh === null ? last.producedFrom : last.observedAt);
  const fromMs = Math.max(since ? epochMs(since) : 0, toMs - SPAN_MS);
  return { from: instant(fromMs), to: instant(toMs) };
}

/** What SolarEdge answered. `failure` says why a site that may have meters is told without them. */
export type Answers = { energy: SolarEdgeSeries; meters: SolarEdgeMeters | undefined; failure?: string | undefined };

/**
 * The answers as one look. A value that cannot be read is unknown, and told as such. Throws `device-offline` when a site is
 * silent in daylight, and `malformed-message` when its energy as a whole is in no unit or of no times that we know.
 */
export function toLook(answers: Answers, period: Period, asset: SolarSite, receivedAt: Instant): Look {
  const odd: string[] = [];
  const reading = toReading(answers, period, asset, receivedAt, odd);
  return { online: true, reading, ...unknownOf([...odd, ...(answers.failure === undefined ? [] : [answers.failure])]) };
}

function toReading(
  answers: Answers,
  period: Period,
  asset: SolarSite,
  receivedAt: Instant,
  odd: string[],
): ProductionReading {
  const energyKwh = energyOf(answers.energy, asset, odd);
  const meters = metersOf(answers.meters, odd);
  const starts = quartersOf(period);
  const known = starts.findLast((start) => typeof energyKwh.get(start) === "number");
  const metered = starts.findLast((start) => meters.gridKw(start) !== null || meters.consumptionKw(start) !== null);
  const common = { assetId: asset.assetId, stream: "production", receivedAt } as const;

  if (known === undefined) {
    const silent = starts.filter((start) => isLight(start, asset.site.timeZone));
    if (metered === undefined && silent.length * QUARTER_MS >= SILENT_MS) {
      throw new VendorError({
        fault: "device-offline",
        operation: "energy",
        message: `no data for ${(silent.length * QUARTER_MS) / HOUR_MS} h of daylight; the site's gateway is lost`,
      });
    }
    // Night, late or lost: nobody knows, so it is null and not 0.
    const start = metered ?? starts.at(-1) ?? period.from;
    return {
      ...common,
      observedAt: plusMs(start, QUARTER_MS),
      productionKw: null,
      producedKwh: null,
      producedFrom: period.from,
      gridKw: meters.gridKw(start),
      consumptionKw: meters.consumptionKw(start),
    };
  }

  let producedFrom = period.from;
  let producedKwh = 0;
  for (const start of starts) {
    if (start > known) break;
    const kwh = energyKwh.get(start) ?? null;
    // A hole by day hides energy: only what follows it is a sum. Without data by night there was none.
    if (kwh === null && isLight(start, asset.site.timeZone)) {
      producedFrom = plusMs(start, QUARTER_MS);
      producedKwh = 0;
    }
    producedKwh += kwh ?? 0;
  }
  return {
    ...common,
    observedAt: plusMs(known, QUARTER_MS),
    // The quarter's mean, from its energy: the vendor's own power of a day misses 1.4 % of the energy.
    productionKw: ((energyKwh.get(known) ?? 0) * HOUR_MS) / QUARTER_MS,
    producedKwh,
    producedFrom,
    gridKw: meters.gridKw(known),
    consumptionKw: meters.consumptionKw(known),
  };
}

/** Energy by the start of its quarter, kWh. */
function energyOf(series: SolarEdgeSeries, { peakPowerKw }: SolarSite, odd: string[]): Values {
  if (series.resolution !== QUARTERS) throw malformed(oddity("resolution", series.resolution));
  // What some panels could make in a quarter, with much to spare.
  const mostKwh = (peakPowerKw * 10 * QUARTER_MS) / HOUR_MS;
  const values = valuesOf(series, { name: "energy", units: ENERGY_UNITS, most: mostKwh }, odd);
  // Told, and nothing of it read: that is no silence.
  const isTold = series.values.some(({ value }) => value !== null && value !== undefined);
  const isRead = [...(values?.values() ?? [])].some((value) => value !== null);
  const hasNoTime = series.values.length > 0 && values?.size === 0;
  if (values === undefined || hasNoTime || (isTold && !isRead)) throw malformed(odd[0] ?? "no value");
  return values;
}

type Values = ReadonlyMap<Instant, number | null>;

/** Values by the start of their quarter, in kW or kWh; undefined in a unit that is not in the table. */
function valuesOf(
  block: SolarEdgeBlock,
  { name, units, most }: { name: string; units: Record<string, number>; most: number },
  odd: string[],
): Values | undefined {
  const unit = Object.hasOwn(units, block.unit) ? units[block.unit] : undefined;
  if (unit === undefined) {
    odd.push(oddity(`unit of ${name}`, block.unit));
    return undefined;
  }
  const values = new Map<Instant, number | null>();
  for (const { timestamp, value } of block.values) {
    const at = ZonedTime.safeParse(timestamp).data;
    const inOurs = typeof value === "number" ? value * unit : undefined;
    const isSound = inOurs !== undefined && inOurs >= -most / 100 && inOurs <= most;
    if (at === undefined) odd.push(oddity(`time in ${name}`, timestamp));
    else {
      if (!isSound && value !== null && value !== undefined) odd.push(oddity(name, value));
      // An inverter's own draw in the dark shows as a little less than nothing.
      values.set(at, isSound ? Math.max(0, inOurs) : null);
    }
  }
  return values;
}

/** Power of a site's meters by the start of the quarter; null where a meter that has the metric does not tell. */
function metersOf(answer: SolarEdgeMeters | undefined, odd: string[]) {
  const isOfQuarters = answer === undefined || answer.resolution === QUARTERS;
  if (!isOfQuarters) odd.push(oddity("resolution of meters", answer.resolution));
  const meters = isOfQuarters ? Object.values(answer?.meters ?? {}) : [];
  const sum = (metric: "importPower" | "exportPower" | "consumptionPower") => {
    const series = meters.flatMap((meter): Values[] => {
      const block = meter[metric];
      if (!block) return [];
      return [valuesOf(block, { name: metric, units: POWER_UNITS, most: MOST_KW }, odd) ?? new Map()];
    });
    return (start: Instant): number | null => {
      if (series.length === 0) return null;
      const values = series.map((values) => values.get(start) ?? null);
      return values.reduce((total, value) => (total === null || value === null ? null : total + value), 0);
    };
  };
  const [importKw, exportKw, consumptionKw] = [sum("importPower"), sum("exportPower"), sum("consumptionPower")];
  const gridKw = (start: Instant) => {
    const [taken, given] = [importKw(start), exportKw(start)];
    return taken === null || given === null ? null : taken - given;
  };
  return { gridKw, consumptionKw };
}

function malformed(message: string): VendorError {
  return new VendorError({ fault: "malformed-message", operation: "energy", message });
}

/** Starts of the quarters of a period: in UTC, so that a day has as many as it has. */
function quartersOf({ from, to }: Period): Instant[] {
  const count = Math.round((epochMs(to) - epochMs(from)) / QUARTER_MS);
  return Array.from({ length: count }, (_, index) => plusMs(from, index * QUARTER_MS));
}

function isLight(start: Instant, zone: string): boolean {
  const hour = localHour(start, zone);
  return hour >= LIGHT_FROM_HOUR && hour < LIGHT_TO_HOUR;
}
