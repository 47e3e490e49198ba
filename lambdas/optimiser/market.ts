import { Temporal } from "temporal-polyfill";
import type { Asset } from "../../shared/domain/asset.ts";
import { epochMs, type Instant, instant, MINUTE_MS } from "../../shared/domain/instant.ts";
import { REGIONS } from "../../shared/domain/region.ts";
import { type SeriesId, type Slot, seriesId } from "../../shared/domain/signal.ts";
import { holdsAt, minuteOfDay, type Tariff } from "../../shared/domain/tariff.ts";

type Site = Pick<Asset["site"], "timeZone" | "region" | "tariff">;

/** The series of sites that name no region. */
export type DefaultSeries = { price: SeriesId; carbon: SeriesId };

/** Pence per kWh and grams per kWh, as `costSlots` takes them. */
export type Market = { price: readonly Slot[]; carbon: readonly Slot[] };

/** One that tells every price by itself. */
type FixedTariff = Exclude<Tariff, { kind: "agile" }>;

/** What of the stored signals a site sees; no price series where its tariff alone tells the price. */
export function seriesOf(site: Site, defaults: DefaultSeries): { price?: SeriesId; carbon: SeriesId } {
  const { region } = site;
  const carbon = region ? seriesId("carbon-intensity", REGIONS[region].carbonRegion) : defaults.carbon;
  if (fixedTariffOf(site)) return { carbon };
  return { price: region ? seriesId("octopus-agile", region) : defaults.price, carbon };
}

/** Every series that some of the sites see, once each, in order of name. */
export function seriesOfAll(sites: Iterable<Site>, defaults: DefaultSeries): SeriesId[] {
  const all = new Set<SeriesId>();
  for (const site of sites) {
    const { price, carbon } = seriesOf(site, defaults);
    if (price) all.add(price);
    all.add(carbon);
  }
  return [...all].sort();
}

/**
 * Prices and carbon that a site sees. A flat or time-of-use tariff is laid over exactly [from, to) without gaps; a stored
 * series is given as loaded, because estimates look back before `from`. Throws a RangeError for a series not in `loaded`
 * (an empty list says that nothing is stored) and for a time zone that does not exist.
 */
export function marketOf(
  site: Site,
  loaded: ReadonlyMap<SeriesId, readonly Slot[]>,
  span: { from: Instant; to: Instant },
  defaults: DefaultSeries,
): Market {
  const { price, carbon } = seriesOf(site, defaults);
  const fixed = fixedTariffOf(site);
  return {
    price: fixed ? tariffSlots(fixed, site.timeZone, span) : slotsOf(price ?? defaults.price, loaded),
    carbon: slotsOf(carbon, loaded),
  };
}

/** Names what a site sees. Sites with the same key have the same market; equal tariffs have one key however written. */
export function marketKey(site: Site, defaults: DefaultSeries): string {
  const { price, carbon } = seriesOf(site, defaults);
  const fixed = fixedTariffOf(site);
  if (!fixed) return `${price} ${carbon}`;
  const steps = stepsOf(fixed).map(({ minute, pencePerKwh }) => `${minute}=${pencePerKwh}`);
  // A price that never changes needs no clock.
  const tariff = steps.length === 1 ? `flat#${steps}` : `time-of-use#${site.timeZone}#${steps}`;
  return `${tariff} ${carbon}`;
}

function fixedTariffOf({ tariff }: Site): FixedTariff | undefined {
  return tariff && tariff.kind !== "agile" ? tariff : undefined;
}

function slotsOf(series: SeriesId, loaded: ReadonlyMap<SeriesId, readonly Slot[]>): readonly Slot[] {
  const slots = loaded.get(series);
  if (!slots) throw new RangeError(`${series} was not loaded: load every series that seriesOfAll names`);
  return slots;
}

/** Pence per kWh from `minute` of the local day on. */
type Step = { minute: number; pencePerKwh: number };

/** The price through a local day, from midnight on; each step differs from the one before. */
function stepsOf(tariff: FixedTariff): Step[] {
  const rates = tariff.kind === "flat" ? [] : tariff.rates;
  const edges = new Set([0, ...rates.flatMap(({ from, to }) => [minuteOfDay(from), minuteOfDay(to)])]);
  return [...edges]
    .sort((a, b) => a - b)
    .map((minute) => ({ minute, pencePerKwh: priceAt(tariff, minute) }))
    .filter(({ pencePerKwh }, i, all) => pencePerKwh !== all[i - 1]?.pencePerKwh);
}

function priceAt(tariff: FixedTariff, minute: number): number {
  if (tariff.kind === "flat") return tariff.pencePerKwh;
  return tariff.rates.find((rate) => holdsAt(rate, minute))?.pencePerKwh ?? tariff.otherwisePencePerKwh;
}

const MINUTES_PER_DAY = 24 * 60;

/**
 * What clocks at the site show decides, minute by minute: a rate that begins in an hour that is skipped begins with the
 * hour after it, and one that lies in an hour that comes twice holds twice.
 */
function tariffSlots(tariff: FixedTariff, zone: string, { from, to }: { from: Instant; to: Instant }): Slot[] {
  const steps = stepsOf(tariff);
  const slots: Slot[] = [];
  const endMs = epochMs(to);
  for (let atMs = epochMs(from); atMs < endMs; ) {
    const zoned = Temporal.Instant.fromEpochMilliseconds(atMs).toZonedDateTimeISO(zone);
    const minute = minuteShown(zoned);
    const value = priceAt(tariff, Math.floor(minute));
    const nextMinute = steps.find((step) => step.minute > minute)?.minute ?? MINUTES_PER_DAY;
    // Between two changes of the clocks they run evenly.
    const clocksChangeAtMs = zoned.getTimeZoneTransition("next")?.epochMilliseconds ?? endMs;
    const untilMs = Math.min(endMs, clocksChangeAtMs, Math.round(atMs + (nextMinute - minute) * MINUTE_MS));
    const [startsAt, endsAt] = [instant(atMs), instant(untilMs)];
    const last = slots.at(-1);
    if (last?.value === value) last.endsAt = endsAt;
    else slots.push({ startsAt, endsAt, value, kind: "actual", issuedAt: from });
    atMs = untilMs;
  }
  return slots;
}

/** Minutes since midnight, with their fraction, as the clock shows them. */
function minuteShown({ hour, minute, second, millisecond }: Temporal.ZonedDateTime): number {
  return 60 * hour + minute + (1000 * second + millisecond) / MINUTE_MS;
}
