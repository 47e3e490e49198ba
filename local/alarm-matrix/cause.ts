import type { SignalSource } from "../../lambdas/signals/source.ts";
import type { ThrottleReason } from "../../shared/domain/metric.ts";
import type { Strike } from "../simulate/faults.ts";
import type { Stage } from "../simulate/world.ts";
import type { Letters } from "./letters.ts";

/** Chances to go wrong, as the simulated world asks for them. */
export type Strikes = (
  place: string,
  what: string,
  nowMs: number,
) => { kind: Strike["kind"]; random?: () => number } | undefined;

/** What goes wrong while a cause is on, at the edges of what runs. */
export type Fault = {
  strikes?: Strikes;
  /** A vendor's cloud answers nobody, or everybody with an error. */
  outage?: { integration: string; manner: "silent" | "refusing" };
  /** Functions that throw: their environment lacks a variable. */
  throws?: readonly string[];
  /** Functions without any room, by second of the minute. */
  crowded?: { functions: readonly string[]; isFull: (secondOfMinute: number) => boolean };
  /** Functions whose log lines come out cut. */
  cuts?: readonly string[];
  /** DynamoDB throttles the first attempt of every call, for this reason. */
  throttles?: ThrottleReason;
  feeds?: (sources: SignalSource[], nowMs: number) => SignalSource[];
  price?: { integration: string; usd: number };
};

export type Hands = Stage & { letters: Letters; nowMs: () => number };

export type Cause = {
  /** The alarm that it must ring, without `headroom-<stage>-`. */
  alarm: string;
  /** What goes wrong, in a few words. */
  says: string;
  /** Minutes after the night's start at 20:45 UTC. */
  from: number;
  minutes: number;
  assets?: number;
  hours?: number;
  fault?: Fault;
  begins?: (hands: Hands) => unknown;
  ends?: (hands: Hands) => unknown;
  /** When what the alarm is about begins, where that is after the cause. Asked each minute. */
  since?: (hands: Hands) => boolean;
};
