import type { TokenSource } from "../auth.ts";
import type { Bus } from "../bus.ts";
import type { Asset } from "../domain/asset.ts";
import type { Manifest } from "../domain/manifest.ts";
import { VendorError } from "../errors.ts";
import type { Runtime } from "../handler.ts";
import type { VendorMeter } from "../metrics.ts";
import type { AssetsStore } from "../store/assets.ts";
import type { CausesStore } from "../store/causes.ts";
import type { CommandsStore } from "../store/commands.ts";
import type { KillSwitchStore } from "../store/kill-switch.ts";
import type { ReadingsStore } from "../store/readings.ts";
import type { ScheduleStore } from "../store/schedule.ts";
import type { Budget } from "./budget.ts";
import type { VendorClient } from "./contract.ts";
import type { VendorBudget } from "./vendor-budget.ts";

/** Everything an integration's two jobs, polling and commanding, may touch. */
export type IntegrationDeps = Pick<Runtime, "now" | "log" | "remainingMs"> & {
  manifest: Manifest;
  assets: Pick<AssetsStore, "get">;
  readings: Pick<ReadingsStore, "latest" | "record" | "recordFailure" | "told">;
  schedule: Pick<ScheduleStore, "claimBatch" | "ended" | "finishBatch" | "lookAt" | "move">;
  causes: Pick<CausesStore, "outage">;
  commands: Pick<CommandsStore, "get" | "newest" | "transition" | "handOn" | "recent" | "told">;
  killSwitch: Pick<KillSwitchStore, "read">;
  bus: Bus;
  tokens: TokenSource;
  vendor: VendorClient;
  budget: Budget;
  meter: VendorMeter;
  /** Makes a call; when the vendor says the token is old, renews it once and makes the call once more. */
  withToken<T>(asset: Asset, accessToken: string, call: (accessToken: string) => Promise<T>): Promise<T>;
};

/** `budget` is told for which asset the calls are made. */
export function withTokenFrom(
  tokens: TokenSource,
  budget: Pick<VendorBudget, "workingOn"> = { workingOn: (_asset, work) => work() },
): IntegrationDeps["withToken"] {
  return async (asset, accessToken, call) => {
    const callWith = (token: string) => budget.workingOn(asset, () => call(token));
    try {
      return await callWith(accessToken);
    } catch (error) {
      if (!(error instanceof VendorError) || error.fault !== "token-expired") throw error;
      await tokens.refusedToken(asset.accountId, accessToken);
      return callWith(await tokens.accessToken(asset.accountId));
    }
  };
}
