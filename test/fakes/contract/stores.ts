import type { AssetId } from "../../../shared/domain/asset.ts";
import type { AccountsStore } from "../../../shared/store/accounts.ts";
import type { AssetsStore } from "../../../shared/store/assets.ts";
import type { BudgetsStore } from "../../../shared/store/budgets.ts";
import type { CausesStore } from "../../../shared/store/causes.ts";
import type { CommandsStore } from "../../../shared/store/commands.ts";
import type { HabitsStore } from "../../../shared/store/habits.ts";
import type { KillSwitchStore } from "../../../shared/store/kill-switch.ts";
import type { PlansStore } from "../../../shared/store/plans.ts";
import type { ReadingsStore } from "../../../shared/store/readings.ts";
import type { ScheduleStore } from "../../../shared/store/schedule.ts";
import type { SignalsStore } from "../../../shared/store/signals.ts";

/** Every store of the platform, in memory or on an engine. */
export type Stores = {
  assets: AssetsStore;
  readings: ReadingsStore;
  schedule: ScheduleStore;
  causes: CausesStore;
  signals: SignalsStore;
  plans: PlansStore;
  habits: HabitsStore;
  commands: CommandsStore;
  killSwitch: KillSwitchStore;
  accounts: AccountsStore;
  budgets: BudgetsStore;
};

let count = 0;

/** A name that no other test of the run has: the tests of one engine share its tables. */
export function fresh(kind: string): string {
  return `${kind}-${String(++count).padStart(5, "0")}`;
}

export function freshIds(kind: string, howMany: number): AssetId[] {
  return Array.from({ length: howMany }, () => fresh(kind));
}
