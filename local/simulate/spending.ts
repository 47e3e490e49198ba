import type { Log } from "../../shared/log.ts";
import type { Meter } from "../../shared/metrics.ts";
import type { FunctionSpec, Invocation } from "./lambda.ts";

/** Counts what invocations use, for a bill. A night without one is the same night. */
export type Spending = {
  /** The function, its invocations counted; an idle tick is played out, for it is billed. */
  watched: (spec: FunctionSpec) => FunctionSpec;
  meter: (functionName: string) => Meter;
  log: (invocation: Invocation, traced: Log) => Log;
  /** Sends a command of the invocation to the tables. */
  tables: <T>(invocation: Invocation, send: () => T) => T;
};
