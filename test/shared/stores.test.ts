import { afterAll, beforeAll, describe } from "vitest";
import { fakeAccountsStore } from "../fakes/accounts-store.ts";
import { fakeAssetsStore } from "../fakes/assets-store.ts";
import { fakeBudgetsStore } from "../fakes/budgets-store.ts";
import { fakeCausesStore } from "../fakes/causes-store.ts";
import { fakeCommandsStore } from "../fakes/commands-store.ts";
import { accountsContract } from "../fakes/contract/accounts.ts";
import { assetsContract } from "../fakes/contract/assets.ts";
import { budgetsContract } from "../fakes/contract/budgets.ts";
import { causesContract } from "../fakes/contract/causes.ts";
import { commandsContract } from "../fakes/contract/commands.ts";
import { engineIsHere, engineStores } from "../fakes/contract/engine.ts";
import { habitsContract } from "../fakes/contract/habits.ts";
import { killSwitchContract } from "../fakes/contract/kill-switch.ts";
import { memoryStores } from "../fakes/contract/memory.ts";
import { plansContract } from "../fakes/contract/plans.ts";
import { readingsContract } from "../fakes/contract/readings.ts";
import { scheduleContract } from "../fakes/contract/schedule.ts";
import { signalsContract } from "../fakes/contract/signals.ts";
import type { Stores } from "../fakes/contract/stores.ts";
import { fakeHabitsStore } from "../fakes/habits-store.ts";
import { fakeKillSwitchStore } from "../fakes/kill-switch-store.ts";
import { fakePlansStore } from "../fakes/plans-store.ts";
import { fakeReadingsStore } from "../fakes/readings-store.ts";
import { fakeScheduleStore } from "../fakes/schedule-store.ts";
import { fakeSignalsStore } from "../fakes/signals-store.ts";

/** What every store promises, whoever keeps the rows. */
function contract(stores: () => Stores): void {
  assetsContract(stores);
  readingsContract(stores);
  scheduleContract(stores);
  causesContract(stores);
  signalsContract(stores);
  plansContract(stores);
  habitsContract(stores);
  commandsContract(stores);
  killSwitchContract(stores);
  accountsContract(stores);
  budgetsContract(stores);
}

describe("the fakes", () => {
  const stores: Stores = {
    assets: fakeAssetsStore(),
    readings: fakeReadingsStore(),
    schedule: fakeScheduleStore(),
    causes: fakeCausesStore(),
    signals: fakeSignalsStore(),
    plans: fakePlansStore(),
    habits: fakeHabitsStore(),
    commands: fakeCommandsStore(),
    killSwitch: fakeKillSwitchStore(),
    accounts: fakeAccountsStore(),
    budgets: fakeBudgetsStore(),
  };
  contract(() => stores);
});

describe("the real stores on the in-memory DynamoDB, two items a page", () => {
  const stores = memoryStores();
  contract(() => stores);
});

describe.skipIf(!engineIsHere())("the real stores on a DynamoDB engine, two items a page", () => {
  let engine: Awaited<ReturnType<typeof engineStores>>;
  beforeAll(async () => {
    engine = await engineStores();
  }, 60_000);
  afterAll(() => engine.stop());
  contract(() => engine.stores);
});
