/** A planning problem in kW, kWh and pence: what the small coupled solver takes. Arrays have one entry per slot. */
export type Problem = {
  slots: number;
  slotHours: number;
  assets: readonly Asset[];
  sites: ReadonlyMap<string, Site>;
  /** Most power of all assets together, kW; null where there is no limit. */
  fleetCapKw?: readonly (number | null)[];
  groupCapsKw: ReadonlyMap<string, readonly (number | null)[]>;
  /** Most change of the power of all assets together from slot to slot, kW. */
  rampKw?: number;
};

export type Asset = Vehicle | HeatPump | SiteBattery;

type RunRules = { minRunSlots: number; minGapSlots: number; maxStarts: number; startCostPence: number };

type Load = RunRules & {
  id: string;
  /** At a site the meter pays: the asset has no price of its own. */
  site?: string;
  group?: string;
  pricePence?: readonly number[];
  /** Half-open. */
  fromSlot: number;
  toSlot: number;
  minKw: number;
  maxKw: number;
  power: "continuous" | "semi-continuous" | "on-off";
};

export type Vehicle = Load & {
  kind: "ev";
  minKwh: number;
  maxKwh: number;
  /** Pence per kWh of shortfall. */
  shortfallPenalty: number;
  deadlines: readonly { slot: number; kwh: number; shortfallPenalty: number }[];
};

export type HeatPump = Load & {
  kind: "heatpump";
  initialC: number;
  minC: readonly number[];
  maxC: readonly number[];
  outdoorC: readonly number[];
  cop: readonly number[];
  decay: number;
  gainCPerKwhHeat: number;
  /** Pence per kelvin below the band at a slot's end. */
  discomfortPenalty: number;
};

export type SiteBattery = {
  kind: "battery";
  id: string;
  site?: string;
  group?: string;
  capacityKwh: number;
  initialKwh: number;
  finalMinKwh: number;
  maxChargeKw: number;
  maxDischargeKw: number;
  etaCharge: number;
  etaDischarge: number;
  /** Pence per kWh through the meter, either way. */
  cyclingCost: number;
};

export type Site = {
  baseKw: readonly number[];
  solarKw: readonly number[];
  importCapKw: number;
  exportCapKw: number;
  importPence: readonly number[];
  exportPence: readonly number[];
};

export type Schedule = {
  /** Power by slot of the whole horizon, kW; a battery's is charge less discharge. */
  kw: Map<string, Float64Array>;
  sites: Map<string, { importKw: Float64Array; exportKw: Float64Array; curtailKw: Float64Array }>;
};

export type Solution = {
  schedule: Schedule;
  costPence: number;
  /** No schedule can cost less: proven by Lagrangian duality, apart from the search. */
  boundPence: number;
  /** True where search and bound have met; otherwise the gap between them is open. */
  isProven: boolean;
  nodes: number;
  pivots: number;
};
