import type { AssetId, Car, Charger, HeatPump, SolarSite } from "../domain/asset.ts";
import type { Action } from "../domain/command.ts";
import type { FaultClass } from "../domain/fault.ts";
import type { CallKind } from "./contract.ts";

/** A car for a vendor's simulator: what the platform is told of it, and when it is really there. Times in epoch ms. */
export type SimulatedCar = {
  asset: Car;
  socOnArrivalPercent: number;
  arrivesAtMs: number;
  departsAtMs: number;
  /** When the owner wants it ready; its own schedule in the car aims at this. */
  readyByMs: number;
};

/** A charge point and the one stay of a car at it: what the car would take in all, kWh from the grid. */
export type SimulatedCharger = {
  asset: Charger;
  arrivesAtMs: number;
  departsAtMs: number;
  /** When the owner wants the enrolled energy of a session in the car. */
  readyByMs: number;
  wantsKwh: number;
  /** Gives no power before somebody starts it. Where this is not said, the seed decides. */
  needsStart?: boolean;
};

/** Grid-side power, constant over [startsAtMs, endsAtMs). */
export type PowerInterval = { startsAtMs: number; endsAtMs: number; powerKw: number };

/** One call as the vendor's cloud saw it, in the kinds that manifests count. `status` 0: cut before the answer. */
export type VendorCall = {
  atMs: number;
  kind: CallKind | "token";
  status: number;
  /** What the vendor bills for it. */
  priceUsd: number;
  /** Absent when the vendor could not tell whose call it was, or when it was about no device. */
  assetId?: AssetId;
  accountId?: string;
};

/** Something that went wrong in truth, by what the vendor documents and never by what the platform makes of it. */
export type Injection = {
  /** The simulation's own word. */
  kind: string;
  /** Null: odd but harmless, nothing that anybody should be told. */
  faultClass: FaultClass | null;
  /** A single answer has both ends at its moment; what lasts still, ends now. */
  fromMs: number;
  toMs: number;
  /** Absent: all of `accountId`, or without that everybody of this vendor. */
  assetId?: AssetId;
  accountId?: string;
  /** Shows only to one who wants something of the device then (a start while nothing is plugged in): may go unnoticed. */
  onlyIfAsked?: true;
};

/** A device out of the band that its owner gave us, because a command of ours held it there. */
export type ComfortBreach = { atMs: number; assetId: AssetId; detail: string };

/** A vendor's cloud and its devices, running. The ground truth is kept apart from what the cloud tells. */
export type Simulation = {
  /** Replaces the manifest's endpoints. */
  endpoints: Record<string, string>;
  /** The platform's own credentials at this vendor. */
  secret: Record<string, string>;
  /** What the customer's consent gives. */
  issueTokens(accountId: string): { accessToken: string; refreshToken: string; expiresInSeconds: number };
  /** All energy ever drawn; a solar site draws none. */
  intervals(assetId: AssetId): readonly PowerInterval[];
  /**
   * Of a heat pump: the electricity that would make the heat now in its tank and rooms, kWh above a level that stays the
   * same. Two runs of the same house differ by what one has stored and the other still has to make.
   */
  storedKwh?(assetId: AssetId): number;
  /** Could this car or charger have had all its energy in time, had every command been right and in time? Else true. */
  couldBeReady(assetId: AssetId): boolean;
  /** Vendor calls that changed what a device does. */
  effectiveCalls(): { atMs: number; assetId: AssetId; kind: Action["kind"] }[];
  /** Every call, in order of time. */
  calls(): VendorCall[];
  /** What went wrong until now. */
  injections(): Injection[];
  /** One for each time that a device left its band. */
  comfortBreaches(): ComfortBreach[];
  stop(): Promise<void>;
};

/** Every vendor's `simulation.ts` exports this, and `vendorAssetId(index)`: how it names its n-th device, made up. */
export type StartSimulation = (options: {
  clock: { now(): number };
  cars: readonly SimulatedCar[];
  chargers: readonly SimulatedCharger[];
  heatPumps: readonly HeatPump[];
  solarSites: readonly SolarSite[];
  /** What the enrolled loads of a site draw at a moment that is not ahead, kW: a site's own meter sees it. */
  siteLoadKw: (siteId: string, atMs: number) => number;
  /** What a charger has delivered until now: it flows into the car that names it, whose cloud is another's. */
  fedBy: (chargerId: AssetId) => readonly PowerInterval[];
  seed: number;
  faults: "none" | "some" | "many";
  startsAtMs: number;
  endsAtMs: number;
}) => Promise<Simulation>;
