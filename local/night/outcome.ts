import type { Command } from "../../shared/domain/command.ts";
import type { FaultClass } from "../../shared/domain/fault.ts";
import type { ComfortBreach, PowerInterval } from "../../shared/integration/simulation.ts";
import type { Ringing } from "../cloudwatch/ringing.ts";
import type { NightInjection } from "./faults-named.ts";
import type { EffectiveCall } from "./invariants.ts";
import type { HeatNight } from "./left-alone.ts";
import type { AssetPlan, PortfolioPlan } from "./planning.ts";
import type { ProductionSample } from "./production.ts";
import type { NightCall } from "./vendor-limits.ts";

/** What really happened, from the vendors' simulators and the platform's own ledgers. */
export type Outcome = {
  intervals: (assetId: string) => readonly PowerInterval[];
  couldBeReady: (assetId: string) => boolean;
  /** By how much the heat in a heat pump's tank and rooms grew over the night, in the electricity that makes it. */
  storedKwh: (assetId: string) => number;
  /** What a heat pump would have done with nobody commanding it. */
  leftAlone: (assetId: string) => HeatNight | undefined;
  comfortBreaches: ComfortBreach[];
  production: readonly ProductionSample[];
  commands: Command[];
  effective: EffectiveCall[];
  calls: NightCall[];
  injections: NightInjection[];
  events: {
    name: string;
    atMs: number;
    assetId: string | undefined;
    faultClass: FaultClass | undefined;
    /** Of what concerns all assets of a vendor. */
    integration?: string | undefined;
  }[];
  portfolioPlans: readonly PortfolioPlan[];
  assetPlans: readonly AssetPlan[];
  deadLetters: { queue: string; messages: number }[];
  /** Every time that an alarm was in ALARM. */
  ringings: readonly Ringing[];
  refusals: string[];
  droppedDeliveries: string[];
};
