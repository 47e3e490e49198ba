import * as z from "zod";
import { Instant, LocalTime } from "./instant.ts";
import { Region } from "./region.ts";
import { Tariff } from "./tariff.ts";
import { SocPercent } from "./units.ts";

export const AssetId = z.string().regex(/^[a-z0-9][a-z0-9-]{2,63}$/, "lower-case letters, digits and dashes, 3 to 64");
export type AssetId = z.infer<typeof AssetId>;

/** When it must be ready, and what clean energy is worth to its owner. */
const timing = {
  /** Daily, local time of the site. */
  readyBy: LocalTime,
  /** A one-off departure; wins over `readyBy` while it lies ahead. */
  nextDepartureAt: Instant.optional(),
  /** What avoiding a kilogram of CO2 is worth, pence; 0 plans by price alone. */
  carbonWeightPencePerKg: z.number().min(0).max(1000).default(0),
};

const common = {
  assetId: AssetId,
  /** Folder name of the integration that talks to it. */
  integration: z.string().regex(/^[a-z][a-z0-9-]*$/),
  /** The customer's vendor login that reaches it. */
  accountId: AssetId,
  /** How the vendor names it (a VIN, a serial number); personal data, never logged or put on the bus. */
  vendorAssetId: z.string().min(1).max(64),
  /** Part of names of portfolios and series, which have an `@` or a `#` of their own. */
  fleetId: z.string().regex(/^[^@#]{1,64}$/, "1 to 64 characters, none of them @ or #"),
  site: z.strictObject({
    siteId: z.string().min(1).max(64),
    /** IANA zone. */
    timeZone: z.string().min(1),
    /** Whose prices and carbon it sees; absent: those of the stage's default. */
    region: Region.optional(),
    /** What a kWh from the grid costs; absent: Agile. */
    tariff: Tariff.optional(),
    /** What our devices may draw there together, kW: the connection, less what the building itself may need. */
    importLimitKw: z.number().positive().max(10_000).optional(),
    /** What a kWh fed into the grid earns, pence; absent when nothing is paid. */
    exportPencePerKwh: z.number().min(0).max(200).optional(),
  }),
  consent: z.strictObject({ control: z.boolean(), givenAt: Instant }),
};

const Supply = z.strictObject({
  voltageV: z.number().min(100).max(260).default(230),
  phases: z.union([z.literal(1), z.literal(3)]).default(1),
  maxCurrentA: z.number().int().min(6).max(80),
  /** The standard allows nothing between off and 6 A. */
  minCurrentA: z.number().int().min(5).max(16).default(6),
});
export type Supply = z.infer<typeof Supply>;

export const Car = z.strictObject({
  ...common,
  kind: z.literal("car"),
  battery: z.strictObject({
    /** Usable, kWh. */
    capacityKwh: z.number().positive().max(500),
    /** kWh stored for each kWh from the grid. */
    chargeEfficiency: z.number().min(0.5).max(1).default(0.92),
  }),
  supply: Supply,
  /** The enrolled charger it plugs into at home: that one acts for both, and the car is only read. */
  chargerId: AssetId.optional(),
  preferences: z.strictObject({
    ...timing,
    /** Charge to this by `readyBy`. */
    targetSocPercent: SocPercent,
    /** Charge at once, whatever the price, up to this. */
    chargeNowToPercent: SocPercent.default(0),
  }),
});
export type Car = z.infer<typeof Car>;

/** A charge point that knows no battery: what is wanted is energy in each session. */
export const Charger = z.strictObject({
  ...common,
  kind: z.literal("charger"),
  supply: Supply,
  preferences: z.strictObject({
    ...timing,
    /** Grid-side energy wanted by `readyBy` of each session, kWh. */
    sessionEnergyKwh: z.number().positive().max(200),
  }),
});
export type Charger = z.infer<typeof Charger>;

export const HeatPump = z.strictObject({
  ...common,
  kind: z.literal("heat-pump"),
  /** Electrical, at full load, kW. */
  ratedPowerKw: z.number().positive().max(50),
  /** Of the hot-water tank; 200 is a usual one. */
  tankLitres: z.number().min(50).max(1000).default(200),
  /**
   * Heat that taps take in a day, kWh. By default 16.8 MJ, the mean of 120 English dwellings (Energy Saving Trust,
   * "Measurement of domestic hot water consumption in dwellings", 2008).
   */
  hotWaterKwhPerDay: z.number().min(0).max(50).default(4.7),
  /** The building, where the pump heats rooms that its `reduced` turns down; absent: only the tank is planned. */
  rooms: z
    .strictObject({
      /** From the installer's heat-loss calculation, kW of heat for each kelvin between inside and outside. */
      heatLossKwPerK: z.number().positive().max(2),
      /** How long an unheated building takes for 63 % of the way to the outside; brick houses of England some 30 h. */
      timeConstantHours: z.number().min(5).max(300).default(30),
    })
    .optional(),
  preferences: z.strictObject({
    carbonWeightPencePerKg: timing.carbonWeightPencePerKg,
    /** The band that we never leave by our own doing, °C. */
    hotWaterMinC: z.number().min(30).max(60),
    hotWaterMaxC: z.number().min(35).max(65),
    indoorMinC: z.number().min(5).max(25).optional(),
    indoorMaxC: z.number().min(10).max(30).optional(),
  }),
});
export type HeatPump = z.infer<typeof HeatPump>;

export const SolarSite = z.strictObject({
  ...common,
  kind: z.literal("solar-site"),
  /** Installed, kW. */
  peakPowerKw: z.number().positive().max(10_000),
});
export type SolarSite = z.infer<typeof SolarSite>;

/** Something that we may read, plan for and command. */
export const Asset = z.discriminatedUnion("kind", [Car, Charger, HeatPump, SolarSite]);
export type Asset = z.infer<typeof Asset>;

/** The stream that a kind of asset is planned and proved by. */
export const STREAM_OF_KIND = {
  car: "charge",
  charger: "charge",
  "heat-pump": "heat",
  "solar-site": "production",
} as const satisfies Record<Asset["kind"], string>;

/** Every stream that a kind of asset can be read on, each on a cadence of its own. */
export const STREAMS_OF_KIND: Record<Asset["kind"], readonly string[]> = {
  car: ["charge"],
  charger: ["charge"],
  "heat-pump": ["heat"],
  "solar-site": ["production"],
};

/** Grid-side power of a car drawing `currentA` on each phase, kW. */
export function powerOfCurrent(supply: Supply, currentA: number): number {
  return (supply.voltageV * supply.phases * currentA) / 1000;
}

/** The smallest whole current that gives at least `powerKw`, held to the supply's limits, A. */
export function currentForPower(supply: Supply, powerKw: number): number {
  const exact = (powerKw * 1000) / (supply.voltageV * supply.phases);
  return Math.min(supply.maxCurrentA, Math.max(supply.minCurrentA, Math.ceil(exact - 1e-6)));
}
