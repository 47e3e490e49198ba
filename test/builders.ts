import { type Asset, Car, Charger, HeatPump, SolarSite } from "../shared/domain/asset.ts";
import { Command } from "../shared/domain/command.ts";
import { type Instant, instant, parseInstant, plusMs } from "../shared/domain/instant.ts";
import { Plan, Window } from "../shared/domain/plan.ts";
import { ChargeReading, HeatReading, ProductionReading, type Reachability } from "../shared/domain/reading.ts";
import type { Slot } from "../shared/domain/signal.ts";

export const HALF_HOUR_MS = 1_800_000;

export function at(text: string): Instant {
  return parseInstant(text);
}

/** A car in London: 60 kWh, 32 A at 230 V (7.36 kW), wanted at 80 % by 07:00. */
export function anAsset(changes: Partial<Car> = {}): Car {
  return Car.parse({
    assetId: "car-0001",
    kind: "car",
    integration: "acme-cars",
    accountId: "customer-0001",
    vendorAssetId: "5YJ3E1EA7KF000001",
    fleetId: "main",
    site: { siteId: "home-1", timeZone: "Europe/London" },
    battery: { capacityKwh: 60, chargeEfficiency: 0.92 },
    supply: { voltageV: 230, phases: 1, maxCurrentA: 32, minCurrentA: 6 },
    preferences: { targetSocPercent: 80, readyBy: "07:00" },
    consent: { control: true, givenAt: "2026-01-01T00:00:00.000Z" },
    ...changes,
  });
}

type OfKind<K extends Asset["kind"]> = Extract<Asset, { kind: K }>;

const home = {
  fleetId: "main",
  site: { siteId: "home-1", timeZone: "Europe/London" },
  consent: { control: true, givenAt: "2026-01-01T00:00:00.000Z" },
};

/** A charger of 7.36 kW that is to give 12 kWh by 07:00 in each session. */
export function aCharger(changes: Partial<OfKind<"charger">> = {}): OfKind<"charger"> {
  return Charger.parse({
    ...home,
    assetId: "charger-0001",
    kind: "charger",
    integration: "acme-plugs",
    accountId: "customer-0002",
    vendorAssetId: "EH000001",
    supply: { maxCurrentA: 32 },
    preferences: { sessionEnergyKwh: 12, readyBy: "07:00" },
    ...changes,
  });
}

/** A heat pump of 3 kW that keeps hot water between 45 and 60 °C. */
export function aHeatPump(changes: Partial<OfKind<"heat-pump">> = {}): OfKind<"heat-pump"> {
  return HeatPump.parse({
    ...home,
    assetId: "heat-pump-0001",
    kind: "heat-pump",
    integration: "acme-heat",
    accountId: "customer-0003",
    vendorAssetId: "HP-0000001",
    ratedPowerKw: 3,
    preferences: { hotWaterMinC: 45, hotWaterMaxC: 60 },
    ...changes,
  });
}

/** A roof of 6 kW. */
export function aSolarSite(changes: Partial<OfKind<"solar-site">> = {}): OfKind<"solar-site"> {
  return SolarSite.parse({
    ...home,
    assetId: "solar-0001",
    kind: "solar-site",
    integration: "acme-sun",
    accountId: "customer-0004",
    vendorAssetId: "INVERTER-0001",
    peakPowerKw: 6,
    ...changes,
  });
}

/** A car plugged in and not charging, at half. */
export function aReading(changes: Partial<ChargeReading> = {}): ChargeReading {
  const observedAt = changes.observedAt ?? at("2026-11-20T18:00Z");
  return ChargeReading.parse({
    assetId: "car-0001",
    stream: "charge",
    observedAt,
    receivedAt: observedAt,
    state: "stopped",
    plugged: true,
    powerKw: 0,
    socPercent: 50,
    storedKwh: 30,
    sessionKwh: null,
    chargeLimitPercent: 90,
    currentLimitA: 32,
    ownScheduleActive: false,
    ...changes,
  });
}

/** A heat pump at work in its owner's own mode. */
export function aHeatReading(changes: Partial<HeatReading> = {}): HeatReading {
  const observedAt = changes.observedAt ?? at("2026-11-20T18:00Z");
  return HeatReading.parse({
    assetId: "heat-pump-0001",
    stream: "heat",
    observedAt,
    receivedAt: observedAt,
    mode: "normal",
    compressorOn: true,
    powerKw: 1.4,
    powerEstimated: false,
    hotWaterC: 48.5,
    indoorC: 20.5,
    outdoorC: 4,
    ...changes,
  });
}

/** A roof that gives 3.2 kW, of which 2.1 kW leave the site. */
export function aProductionReading(changes: Partial<ProductionReading> = {}): ProductionReading {
  const observedAt = changes.observedAt ?? at("2026-11-20T12:00Z");
  return ProductionReading.parse({
    assetId: "solar-0001",
    stream: "production",
    observedAt,
    receivedAt: observedAt,
    productionKw: 3.2,
    producedKwh: 8.4,
    producedFrom: at("2026-11-20T00:00Z"),
    gridKw: -2.1,
    consumptionKw: 1.1,
    ...changes,
  });
}

export function charging(changes: Partial<ChargeReading> = {}): ChargeReading {
  return aReading({ state: "charging", powerKw: 7.3, ...changes });
}

export function aReach(lastFetchedAt: string, changes: Partial<Reachability> = {}): Reachability {
  return { lastFetchedAt: at(lastFetchedAt), online: true, failures: 0, faultClass: null, ...changes };
}

/** A start of charging, just issued for 02:00 to 05:00. */
export function aCommand(changes: Partial<Command> = {}): Command {
  return Command.parse({
    commandId: "2026-11-21T02:00:00.000Z-0123456789abcdef",
    assetId: "car-0001",
    integration: "acme-cars",
    action: { kind: "charge.start", currentA: 32 },
    reason: "cheapest",
    status: "issued",
    issuedAt: at("2026-11-21T02:00Z"),
    notBefore: at("2026-11-21T02:00Z"),
    notAfter: at("2026-11-21T05:00Z"),
    checkAt: at("2026-11-21T05:00Z"),
    attempts: 0,
    ...changes,
  });
}

/** A window at full power unless told otherwise. */
export function aWindow(startsAt: string, endsAt: string, changes: Partial<Window> = {}): Window {
  const hours = (Date.parse(at(endsAt)) - Date.parse(at(startsAt))) / 3_600_000;
  const powerKw = changes.powerKw ?? 7.36;
  return Window.parse({
    startsAt: at(startsAt),
    endsAt: at(endsAt),
    powerKw,
    energyKwh: powerKw * hours,
    reason: "cheapest",
    priceEstimated: false,
    ...changes,
  });
}

/** One window from 02:00 to 05:00, made the evening before. */
export function aPlan(changes: Partial<Plan> = {}): Plan {
  return Plan.parse({
    assetId: "car-0001",
    madeAt: at("2026-11-20T18:00Z"),
    version: 1,
    readyBy: at("2026-11-21T07:00Z"),
    energyNeededKwh: 19.565,
    shortfallKwh: 0,
    shortfallPercent: 0,
    costPence: 200,
    carbonGrams: 3000,
    windows: [aWindow("2026-11-21T02:00Z", "2026-11-21T05:00Z")],
    notes: [],
    ...changes,
  });
}

/** Slots of one length from `from` on, one for each value. */
export function slotsFrom(from: string, values: readonly number[], lengthMs = HALF_HOUR_MS): Slot[] {
  const start = at(from);
  return values.map((value, index) => ({
    startsAt: plusMs(start, index * lengthMs),
    endsAt: plusMs(start, (index + 1) * lengthMs),
    value,
    kind: "actual",
    issuedAt: at("2026-01-01T00:00Z"),
  }));
}

/** Half-hourly slots over [from, to) that are `dear`, but `cheap` over [cheapFrom, cheapTo). */
export function slotDay(
  span: { from: string; to: string; cheapFrom: string; cheapTo: string },
  values: { dear: number; cheap: number } = { dear: 30, cheap: 10 },
): Slot[] {
  const [from, to] = [Date.parse(at(span.from)), Date.parse(at(span.to))];
  const starts = Array.from({ length: (to - from) / HALF_HOUR_MS }, (_, index) => instant(from + index * HALF_HOUR_MS));
  const isCheap = (start: Instant) => at(span.cheapFrom) <= start && start < at(span.cheapTo);
  return slotsFrom(
    span.from,
    starts.map((start) => (isCheap(start) ? values.cheap : values.dear)),
  );
}

let messages = 0;

export type BusEvent = { name: string; detail: object };

/** An SQS event as a bus rule's queue delivers it: one record for each event. */
export function queued(...events: readonly BusEvent[]) {
  return {
    Records: events.map(({ name, detail }) => ({
      messageId: `message-${++messages}`,
      receiptHandle: "receipt",
      body: JSON.stringify({
        version: "0",
        source: "headroom",
        "detail-type": name,
        detail: { version: 1, eventId: `event-number-${messages}`, occurredAt: "2026-11-20T18:00:00.000Z", ...detail },
      }),
    })),
  };
}
