import type { Command } from "../../shared/domain/command.ts";
import type { FaultClass } from "../../shared/domain/fault.ts";
import type { ComfortBreach, PowerInterval } from "../../shared/integration/simulation.ts";
import type { NightInjection } from "./faults-named.ts";
import type { EffectiveCall } from "./invariants.ts";
import type { ProductionSample } from "./production.ts";
import type { NightCall } from "./vendor-limits.ts";

/** What really happened, from the vendors' simulators and the platform's own ledgers. */
export type Outcome = {
  intervals: (assetId: string) => readonly PowerInterval[];
  couldBeReady: (assetId: string) => boolean;
  /** What a heat pump would have drawn with nobody commanding it. */
  leftAlone: (assetId: string) => readonly PowerInterval[];
  comfortBreaches: ComfortBreach[];
  production: readonly ProductionSample[];
  commands: Command[];
  effective: EffectiveCall[];
  calls: NightCall[];
  injections: NightInjection[];
  events: { name: string; atMs: number; assetId: string | undefined; faultClass: FaultClass | undefined }[];
  deadLetters: { queue: string; messages: number }[];
  refusals: string[];
  droppedDeliveries: string[];
};
