import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import type { TableName } from "../../../lib/table-shapes.ts";
import { accountsStore } from "../../../shared/store/accounts.ts";
import { assetsStore } from "../../../shared/store/assets.ts";
import { budgetsStore } from "../../../shared/store/budgets.ts";
import { causesStore } from "../../../shared/store/causes.ts";
import { commandsStore } from "../../../shared/store/commands.ts";
import { habitsStore } from "../../../shared/store/habits.ts";
import { killSwitchStore } from "../../../shared/store/kill-switch.ts";
import { plansStore } from "../../../shared/store/plans.ts";
import { readingsStore } from "../../../shared/store/readings.ts";
import { scheduleStore } from "../../../shared/store/schedule.ts";
import { signalsStore } from "../../../shared/store/signals.ts";
import { at } from "../../builders.ts";
import { fakeLog } from "../log.ts";
import type { Stores } from "./stores.ts";

/** Every real store over a client; `table` gives the table's name there. */
export function storesOn(client: DynamoDBDocumentClient, table: (name: TableName) => string): Stores {
  const scribe = { by: "contract", now: () => at("2026-11-21T02:00Z"), log: fakeLog() };
  return {
    assets: assetsStore(client, table("assets")),
    readings: readingsStore(client, table("readings")),
    schedule: scheduleStore(client, table("schedule")),
    signals: signalsStore(client, table("signals")),
    plans: plansStore(client, table("plans")),
    habits: habitsStore(client, table("plans")),
    causes: causesStore(client, table("schedule")),
    commands: commandsStore(client, table("commands"), scribe),
    killSwitch: killSwitchStore(client, table("commands")),
    accounts: accountsStore(client, table("accounts")),
    budgets: budgetsStore(client, table("accounts")),
  };
}
