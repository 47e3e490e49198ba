import { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import { EventBridge } from "@aws-sdk/client-eventbridge";
import { KMSClient } from "@aws-sdk/client-kms";
import { z } from "zod";
import { type Bus, eventBridgeBus } from "../../shared/bus.ts";
import type { Instant } from "../../shared/domain/instant.ts";
import { kmsSealer, type Sealer } from "../../shared/seal.ts";
import { type AccountsStore, accountsStore } from "../../shared/store/accounts.ts";
import { type AssetsStore, assetsStore } from "../../shared/store/assets.ts";
import { type BudgetsStore, budgetsStore } from "../../shared/store/budgets.ts";
import { type CausesStore, causesStore } from "../../shared/store/causes.ts";
import { type CommandsStore, commandsStore } from "../../shared/store/commands.ts";
import { type KillSwitchStore, killSwitchStore } from "../../shared/store/kill-switch.ts";
import { type PlansStore, plansStore } from "../../shared/store/plans.ts";
import { type ReadingsStore, readingsStore } from "../../shared/store/readings.ts";
import { type ScheduleStore, scheduleStore } from "../../shared/store/schedule.ts";
import { type SignalsStore, signalsStore } from "../../shared/store/signals.ts";
import { documentClient } from "../../shared/store/table.ts";
import { type RingingAlarm, ringingAlarms } from "./alarms.ts";
import { type RemovalStore, removalStore } from "./removal-store.ts";

/** Where a deployment is: the names of its tables, bus and key, and for a local one the addresses of its parts. */
export const Deployment = z.object({
  tables: z.object({
    assets: z.string(),
    schedule: z.string(),
    readings: z.string(),
    signals: z.string(),
    plans: z.string(),
    commands: z.string(),
    accounts: z.string(),
  }),
  /** Those that are planned when a signal changes. */
  fleets: z.array(z.string()).min(1),
  /** Of sites that name none. */
  siteRegion: z.string(),
  busName: z.string(),
  tokenKeyArn: z.string(),
  region: z.string().optional(),
  /** Absent on AWS, where the SDK finds addresses and credentials by itself. */
  local: z.object({ gatewayUrl: z.url(), dynamodbUrl: z.url() }).optional(),
});
export type Deployment = z.infer<typeof Deployment>;
export type Tables = Deployment["tables"];

export type Connection = {
  assets: AssetsStore;
  schedule: ScheduleStore;
  readings: ReadingsStore;
  signals: SignalsStore;
  plans: PlansStore;
  commands: CommandsStore;
  causes: CausesStore;
  killSwitch: KillSwitchStore;
  accounts: AccountsStore;
  budgets: BudgetsStore;
  removals: RemovalStore;
  sealer: Sealer;
  bus: Bus;
  ringingAlarms: () => Promise<RingingAlarm[]>;
  fleets: readonly string[];
  siteRegion: string;
  now: () => Instant;
  close: () => void;
};

/** What a person runs is told on the terminal. */
const SILENT = { info: () => {}, warn: () => {} };

/** Stores and clients of a deployment, local or on AWS. */
export function connect(deployment: Deployment, now: () => Instant): Connection {
  const region = deployment.region ? { region: deployment.region } : {};
  const common = deployment.local
    ? { ...region, credentials: { accessKeyId: "local", secretAccessKey: "local" } }
    : region;
  const at = (endpoint: string | undefined) => ({ ...common, ...(endpoint ? { endpoint } : {}) });
  const documents = documentClient(at(deployment.local?.dynamodbUrl));
  const kms = new KMSClient(at(deployment.local?.gatewayUrl));
  const metrics = new CloudWatchClient(at(deployment.local?.gatewayUrl));
  const events = new EventBridge(at(deployment.local?.gatewayUrl));
  const { tables, fleets, siteRegion } = deployment;
  return {
    assets: assetsStore(documents, tables.assets),
    schedule: scheduleStore(documents, tables.schedule),
    causes: causesStore(documents, tables.schedule),
    readings: readingsStore(documents, tables.readings),
    signals: signalsStore(documents, tables.signals),
    plans: plansStore(documents, tables.plans),
    commands: commandsStore(documents, tables.commands, { by: "ops", now, log: SILENT }),
    killSwitch: killSwitchStore(documents, tables.commands),
    accounts: accountsStore(documents, tables.accounts),
    budgets: budgetsStore(documents, tables.accounts),
    removals: removalStore(documents, tables),
    sealer: kmsSealer(kms, deployment.tokenKeyArn),
    bus: eventBridgeBus(events, deployment.busName, now),
    // A stage's bus and alarms are named after it.
    ringingAlarms: () => ringingAlarms(metrics, `${deployment.busName}-`),
    fleets,
    siteRegion,
    now,
    close: () => {
      documents.destroy();
      kms.destroy();
      events.destroy();
      metrics.destroy();
    },
  };
}
