import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { type Connection, connect } from "../../local/ops/connection.ts";
import { type StageName, stageDeployment } from "../../local/ops/stage.ts";
import type { Customer, World } from "../../local/soak/world.ts";
import { systemNow } from "../../shared/bus.ts";
import { STREAM_OF_KIND } from "../../shared/domain/asset.ts";
import { isEnded } from "../../shared/domain/command.ts";
import { HOUR_MS, type Instant, plusMs } from "../../shared/domain/instant.ts";
import { seriesId } from "../../shared/domain/signal.ts";
import { type Deployed, named } from "./deployed.ts";
import type { Journal } from "./journal.ts";
import { must, until } from "./until.ts";

const lambda = new LambdaClient({});

/** The stores of a deployed stage, for an onlooker. */
export async function onlooker(name: StageName): Promise<Connection> {
  return connect(await stageDeployment(name), systemNow);
}

/** Prices and carbon: fetched from the feeds and stored. Its own cadence is half an hour, so it is woken here. */
export async function checkSignals(name: StageName, stage: readonly Deployed[], stores: Connection, journal: Journal) {
  await journal.check(`${name}: the feeds are asked, and prices and carbon stored`, async () => {
    const { physicalId } = named(stage, "AWS::Lambda::Function", "Signals");
    const Payload = JSON.stringify({ tickAt: systemNow() });
    const answer = await lambda.send(new InvokeCommand({ FunctionName: physicalId, Payload }));
    const told = answer.Payload && new TextDecoder().decode(answer.Payload);
    must(!answer.FunctionError, `the function failed: ${told}`);
    const now = systemNow();
    for (const series of [seriesId("octopus-agile", "C"), seriesId("carbon-intensity", "national")]) {
      const slots = await stores.signals.slots(series, now, plusMs(now, HOUR_MS));
      must(slots.length > 0, `no slots of ${series}`);
    }
  });
}

/** The schedule fires by itself, and each vendor's asset is looked at: ledger, vendor's cloud, stored reading. */
export async function checkTelemetry({ customers }: World, stores: Connection, since: Instant, journal: Journal) {
  await journal.check("the schedule fires: a tick's run is in the ledger", () =>
    until("a run", 200, async () => {
      const ledgers = await Promise.all(customers.map(({ asset }) => stores.schedule.ledger(asset.integration, since)));
      return ledgers.flat().length > 0;
    }),
  );
  await Promise.all(
    customers.map((customer) =>
      journal.check(
        `${customer.asset.integration}: a poll reaches the vendor's simulator, and a reading is stored`,
        () => lookedAt(customer, stores),
      ),
    ),
  );
}

async function lookedAt({ asset, simulation }: Customer, stores: Connection): Promise<void> {
  await until("a call", 150, async () => simulation.calls().some(({ status }) => status === 200));
  await until("a reading", 30, async () => {
    const latest = await stores.readings.latest([asset.assetId], STREAM_OF_KIND[asset.kind]);
    return latest.get(asset.assetId)?.reading !== undefined;
  });
}

/**
 * From price to proof: the charger's car draws although electricity will be cheaper, so the optimiser stops it. The command
 * goes over the bus, by its rule, through the queue to the integration's Lambda and the vendor, and is proved by a look.
 */
export async function checkCommand({ customers }: World, stores: Connection, journal: Journal): Promise<void> {
  const { asset, simulation } = customers.find((one) => one.asset.kind === "charger") as Customer;
  const { assetId } = asset;
  const draws = () => simulation.intervals(assetId).some(({ endsAtMs }) => endsAtMs > Date.now() - 1000);
  await journal.check("the optimiser stops a charge in dear hours: the command is issued", async () => {
    must(simulation.intervals(assetId).length > 0, "the simulated car did not charge to begin with");
    await until("a command", 120, async () => (await stores.commands.recent(assetId, 5)).length > 0);
  });
  await journal.check("rule → queue → Lambda → vendor's simulator: the car stops", () =>
    until(
      "an effect",
      60,
      async () => simulation.effectiveCalls().some(({ kind }) => kind === "charge.stop") && !draws(),
    ),
  );
  await journal.check("telemetry → verifier: the command is confirmed in the ledger", () =>
    until("a verdict", 150, async () => {
      const commands = await stores.commands.recent(assetId, 5);
      const command = commands.find(({ action }) => action.kind === "charge.stop");
      if (!command || !isEnded(command.status)) return false;
      must(command.status === "confirmed", `${command.action.kind} was ${command.status}: ${command.evidence}`);
      return true;
    }),
  );
}
