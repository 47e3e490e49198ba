import type { Bus } from "../../shared/bus.ts";
import type { Asset } from "../../shared/domain/asset.ts";
import type { Runtime } from "../../shared/handler.ts";
import type { AssetsStore } from "../../shared/store/assets.ts";
import type { CommandsStore } from "../../shared/store/commands.ts";
import type { HabitsStore } from "../../shared/store/habits.ts";
import type { KillSwitchStore } from "../../shared/store/kill-switch.ts";
import type { PlansStore } from "../../shared/store/plans.ts";
import type { ReadingsStore } from "../../shared/store/readings.ts";
import type { ScheduleStore } from "../../shared/store/schedule.ts";
import type { SignalsStore } from "../../shared/store/signals.ts";
import type { DefaultSeries } from "./market.ts";
import type { WorkItem } from "./work.ts";

/** Reads and writes under way at once. */
export const IN_FLIGHT = 10;

export type OptimiserDeps = Runtime & {
  fleets: readonly string[];
  region: string;
  /** Of sites that name no region. */
  series: DefaultSeries;
  assets: Pick<AssetsStore, "get" | "fleet" | "site">;
  readings: Pick<ReadingsStore, "latest">;
  signals: Pick<SignalsStore, "slots">;
  plans: PlansStore;
  habits: HabitsStore;
  schedule: Pick<ScheduleStore, "lookAt">;
  /** While it is on nothing is planned or commanded; what is held is given back. */
  killSwitch: Pick<KillSwitchStore, "read">;
  commands: Pick<CommandsStore, "issue" | "recent" | "transition" | "told">;
  bus: Bus;
  /** Puts work on the re-plan queue, each item for an invocation of its own. */
  later: (items: readonly WorkItem[]) => Promise<void>;
};

/** The region whose prices and carbon a site sees. */
export function regionIn({ site }: Asset, { region }: Pick<OptimiserDeps, "region">): string {
  return site.region ?? region;
}
