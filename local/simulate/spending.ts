import type { Log } from "../../shared/log.ts";
import type { VendorMeter } from "../../shared/metrics.ts";
import type { FunctionSpec, Invocation } from "./lambda.ts";

/** Counts what invocations use, for a bill. A night without one is the same night. */
export type Spending = {
  /** The function, its invocations counted; an idle tick is played out, for it is billed. */
  watched: (spec: FunctionSpec) => FunctionSpec;
  /** Of an integration its own; the platform's functions say which integration they mean. */
  meter: (functionName: string) => VendorMeter;
  log: (invocation: Invocation, traced: Log) => Log;
  /** Sends a command of the invocation to the tables. */
  tables: <T>(invocation: Invocation, send: () => T) => T;
};
