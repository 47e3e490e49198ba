import { Temporal } from "temporal-polyfill";
import { json, problem, type Reply } from "./simulator-reply.ts";
import type { Site } from "./simulator-site.ts";
import { QUARTER_MS } from "./simulator-spec.ts";

const HOUR_MS = 3_600_000;
const RESOLUTIONS: Record<string, { ms: number; longestMs: number }> = {
  QUARTER_HOUR: { ms: QUARTER_MS, longestMs: 12 * HOUR_MS },
  HOUR: { ms: HOUR_MS, longestMs: 24 * HOUR_MS },
};
const UNITS: Record<string, number> = { W: 1, KW: 1e-3, MW: 1e-6, WH: 1, KWH: 1e-3, MWH: 1e-6 };
const LOCAL = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?$/;

type Span = { fromMs: number; toMs: number; resolution: string; stepMs: number };

/** What the cloud tells of a site's past at a moment. */
export function telemetry(site: Site, what: string, query: URLSearchParams, nowMs: number): Reply {
  if (what === "overview") return overview(site, query, nowMs);
  const span = spanOf(site, query, nowMs);
  if ("status" in span) return span;
  const envelope = { period: periodOf(site, span, nowMs), resolution: span.resolution };
  if (what === "meters/telemetry") return json(200, { ...envelope, meters: metersOf(site, span, nowMs) });
  const unit = query.get("unit") ?? (what === "power" ? "W" : "WH");
  const factor = UNITS[unit];
  if (factor === undefined) return problem(400, "Bad Request", `Unknown unit ${unit}`);
  const told = (startMs: number) =>
    what === "power" ? site.toldPowerW(startMs, nowMs) : site.toldProductionWh(startMs, nowMs);
  return json(200, { ...envelope, unit, values: valuesOf(site, span, nowMs, told, what === "power", factor) });
}

function overview(site: Site, query: URLSearchParams, nowMs: number): Reply {
  const span = spanOf(site, query, nowMs, Number.POSITIVE_INFINITY);
  if ("status" in span) return span;
  const starts = startsOf({ ...span, stepMs: QUARTER_MS }, nowMs);
  const told = starts.flatMap((start) => site.toldProductionWh(start, nowMs) ?? []);
  const total = told.length === 0 ? null : told.reduce((sum, one) => sum + one, 0);
  return json(200, {
    siteId: Number(site.spec.siteId),
    production: { total, unit: "WH", toSelfConsumption: null, toStorage: null, toGrid: null },
    // Each block has a unit of its own.
    consumption: { total: null, unit: "KWH", fromPv: null, fromStorage: null, fromGrid: null },
  });
}

/** Power from the grid in watts, to it in kilowatts: each metric has a unit of its own. */
function metersOf(site: Site, span: Span, nowMs: number): Record<string, unknown> {
  if (!site.spec.hasMeter) return {};
  const block = (metric: "importWh" | "exportWh" | "consumptionWh", unit: "W" | "KW") => ({
    unit,
    values: valuesOf(
      site,
      span,
      nowMs,
      (start) => site.toldMeterW(start, nowMs, metric),
      true,
      unit === "W" ? 1 : 1e-3,
    ),
  });
  return {
    "M-FEED-001": {
      importPower: block("importWh", "W"),
      exportPower: block("exportWh", "KW"),
      consumptionPower: block("consumptionWh", "W"),
    },
  };
}

function valuesOf(
  site: Site,
  span: Span,
  nowMs: number,
  told: (startMs: number) => number | null,
  isPower: boolean,
  factor: number,
): { timestamp: string; value: number | null }[] {
  return startsOf(span, nowMs).map((startMs) => {
    const count = span.stepMs / QUARTER_MS;
    const quarters = Array.from({ length: count }, (_, index) => told(startMs + index * QUARTER_MS));
    const known = quarters.filter((value) => value !== null);
    const sum = known.reduce((total, value) => total + value, 0) * factor;
    const value = known.length === 0 ? null : isPower ? sum / known.length : sum;
    return { timestamp: toLocal(startMs, site.spec.timeZone), value };
  });
}

function startsOf({ fromMs, toMs, stepMs }: Span, nowMs: number): number[] {
  const firstMs = Math.floor(fromMs / stepMs) * stepMs;
  const count = Math.max(0, Math.ceil((Math.min(toMs, nowMs) - firstMs) / stepMs));
  return Array.from({ length: count }, (_, index) => firstMs + index * stepMs);
}

function spanOf(site: Site, query: URLSearchParams, nowMs: number, longest?: number): Span | Reply {
  const resolution = query.get("resolution") ?? "QUARTER_HOUR";
  const known = RESOLUTIONS[resolution];
  if (!known) return problem(400, "Bad Request", `Resolution ${resolution} is not simulated`);
  const zone = site.spec.timeZone;
  const midnight = Temporal.Instant.fromEpochMilliseconds(nowMs).toZonedDateTimeISO(zone).startOfDay();
  const fromMs = momentOf(query.get("from"), zone, midnight.epochMilliseconds);
  const toMs = momentOf(query.get("to"), zone, nowMs);
  if (fromMs === undefined || toMs === undefined || toMs < fromMs) {
    return problem(400, "Bad Request", "from and to must be local date-times without an offset, in order");
  }
  if (toMs - fromMs > (longest ?? known.longestMs)) {
    return problem(400, "Bad Request", `The requested time range exceeds the maximum for ${resolution}`);
  }
  return { fromMs, toMs, resolution, stepMs: known.ms };
}

/** A local time that comes twice is taken as its first. */
function momentOf(text: string | null, zone: string, otherwise: number): number | undefined {
  if (text === null) return otherwise;
  if (!LOCAL.test(text)) return undefined;
  return Temporal.PlainDateTime.from(text).toZonedDateTime(zone).epochMilliseconds;
}

function periodOf(site: Site, { fromMs, toMs }: Span, nowMs: number): { from: string; to: string } {
  const zone = site.spec.timeZone;
  const to = toLocal(Math.min(toMs, nowMs), zone);
  // Nanoseconds, as the real one writes them.
  return { from: toLocal(fromMs, zone), to: to.replace(/([+-]\d\d:\d\d)$/, ".160789237$1") };
}

function toLocal(atMs: number, zone: string): string {
  const zoned = Temporal.Instant.fromEpochMilliseconds(atMs).toZonedDateTimeISO(zone);
  return zoned.toString({ timeZoneName: "never", smallestUnit: "second" });
}
