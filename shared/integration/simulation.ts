import type { Asset, AssetId, Car } from "../domain/asset.ts";
import type { Action } from "../domain/command.ts";

/** A car for a vendor's simulator: what the platform is told of it, and when it is really there. Times in epoch ms. */
export type SimulatedCar = {
  asset: Car;
  socOnArrivalPercent: number;
  arrivesAtMs: number;
  departsAtMs: number;
  /** When the owner wants it ready; its own schedule in the car aims at this. */
  readyByMs: number;
};

/** Grid-side power, constant over [startsAtMs, endsAtMs). */
export type PowerInterval = { startsAtMs: number; endsAtMs: number; powerKw: number };

/** A vendor's cloud and its devices, running. The ground truth is kept apart from what the cloud tells. */
export type Simulation = {
  /** Replaces the manifest's endpoints. */
  endpoints: Record<string, string>;
  /** The platform's own credentials at this vendor. */
  secret: Record<string, string>;
  /** What the customer's consent gives. */
  issueTokens(accountId: string): { accessToken: string; refreshToken: string; expiresInSeconds: number };
  /** All energy ever drawn. */
  intervals(assetId: AssetId): readonly PowerInterval[];
  /** Could this car have had all its energy in time, had every command been right and in time? */
  couldBeReady(assetId: AssetId): boolean;
  /** Vendor calls that changed what a device does. */
  effectiveCalls(): { atMs: number; assetId: AssetId; kind: Action["kind"] }[];
  /** Calls by kind, and what the vendor would bill. */
  calls(): { kind: string; calls: number; priceUsd: number }[];
  injectedFaults(): Record<string, number>;
  stop(): Promise<void>;
};

export type StartSimulation = (options: {
  clock: { now(): number };
  cars: readonly SimulatedCar[];
  /** Chargers, heat pumps and solar sites of this integration. */
  others: readonly Asset[];
  seed: number;
  faults: "none" | "some" | "many";
  startsAtMs: number;
  endsAtMs: number;
}) => Promise<Simulation>;
