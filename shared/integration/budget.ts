import type { Asset } from "../domain/asset.ts";
import type { Action } from "../domain/command.ts";

/**
 * What a call is made for, the most urgent first: each class leaves a share of every bucket to those before it. A read-back
 * is the look of a command that may have acted.
 */
export type CallClass = "command" | "read-back" | "probe" | "fast" | "routine";

type Permit = { granted: true } | { granted: false; retryAfterMs: number };

/** Calls, and the money they cost, are leased before any is made: the only gate between us and a vendor. */
export type Budget = {
  /**
   * Leases what one look (class `command`: one command) at each asset may take, by the manifest. Who is refused must not
   * be called before its wait, ms, is over; the order of `assets` decides who is served first.
   */
  lease(
    cls: CallClass,
    assets: readonly Asset[],
  ): Promise<{ granted: Asset[]; refused: { asset: Asset; retryAfterMs: number }[] }>;
  /** The work on these leased assets is over: what it did not use is for others. */
  settle(assets: readonly Asset[]): Promise<void>;
  /** After a failed call: a `rate-limited` VendorError keeps every worker from calling before its `Retry-After` is over. */
  block(asset: Asset, error: unknown): Promise<void>;
  /** Leases the power that an action starts from its fleet's ramp, just before it is sent. A stop is always granted. */
  ramp(asset: Asset, action: Action): Promise<Permit>;
};
