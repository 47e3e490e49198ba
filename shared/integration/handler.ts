import { randomUUID } from "node:crypto";
import { EventBridge } from "@aws-sdk/client-eventbridge";
import { KMSClient } from "@aws-sdk/client-kms";
import * as z from "zod";
import { type TokenPair, tokenSource } from "../auth.ts";
import { eventBridgeBus, systemNow } from "../bus.ts";
import type { Manifest } from "../domain/manifest.ts";
import { ConfigError } from "../errors.ts";
import { EnvText, lambdaHandler, type Runtime } from "../handler.ts";
import type { Log } from "../log.ts";
import type { Meter } from "../metrics.ts";
import { SqsBatch } from "../queue.ts";
import { queueSender } from "../queue-sender.ts";
import { kmsSealer } from "../seal.ts";
import { accountsStore } from "../store/accounts.ts";
import { assetsStore } from "../store/assets.ts";
import { budgetsStore } from "../store/budgets.ts";
import { causesStore } from "../store/causes.ts";
import { commandsStore } from "../store/commands.ts";
import { killSwitchStore } from "../store/kill-switch.ts";
import { readingsStore } from "../store/readings.ts";
import { scheduleStore } from "../store/schedule.ts";
import { documentClient } from "../store/table.ts";
import { toldOnce } from "../told-once.ts";
import { countCost } from "./call-metrics.ts";
import type { ConnectVendor, Login } from "./contract.ts";
import { type IntegrationDeps, withTokenFrom } from "./deps.ts";
import { poll } from "./poll.ts";
import { PollRequest } from "./poll-request.ts";
import { runQueue } from "./queue.ts";
import { vendorBudget } from "./vendor-budget.ts";
import { secretText, vendorSecret } from "./vendor-secret.ts";

const Environment = z.looseObject({
  ASSETS_TABLE: EnvText,
  SCHEDULE_TABLE: EnvText,
  READINGS_TABLE: EnvText,
  COMMANDS_TABLE: EnvText,
  ACCOUNTS_TABLE: EnvText,
  BUS_NAME: EnvText,
  TOKEN_KEY_ARN: EnvText,
  /** Of a vendor that gives its clients a secret. */
  VENDOR_SECRET_ARN: EnvText.optional(),
  /** Of a vendor where anything can be commanded. */
  COMMAND_QUEUE_URL: EnvText.optional(),
  RAMP_KW_PER_MINUTE: z.coerce.number().positive(),
});

/**
 * The one way to make an integration's Lambda: it polls the batches it is invoked with and sends queued commands.
 * What it was made of is kept on it, so that tests judge exactly what is deployed.
 */
export function integrationHandler(manifest: Manifest, connect: ConnectVendor, login: Login) {
  const handler = lambdaHandler({
    service: manifest.name,
    event: z.union([PollRequest, SqsBatch]),
    environment: Environment,
    dependencies: (env, log, meter) => clients(manifest, env, { connect, login, log, meter }),
    run: async (event, deps) => {
      const integration = deps.integrationDeps(deps);
      return "Records" in event ? runQueue(event, integration, deps.again) : poll(event, integration);
    },
  });
  return Object.assign(handler, { integration: { manifest, connect, login } });
}

type Given = { connect: ConnectVendor; login: Login; log: Log; meter: Meter };

function clients(manifest: Manifest, env: z.infer<typeof Environment>, { connect, login, log, meter: own }: Given) {
  const documents = documentClient({}, own);
  const sealer = kmsSealer(new KMSClient(), env.TOKEN_KEY_ARN);
  const meter = own.of({ integration: manifest.name });
  const causes = causesStore(documents, env.SCHEDULE_TABLE);
  const published = eventBridgeBus(new EventBridge(), env.BUS_NAME, systemNow);
  const bus = toldOnce(published, { causes, now: systemNow, meter });
  const accounts = accountsStore(documents, env.ACCOUNTS_TABLE);
  const budget = vendorBudget({
    manifest,
    store: budgetsStore(documents, env.ACCOUNTS_TABLE),
    now: systemNow,
    meter,
    log,
    rampKwPerMinute: env.RAMP_KW_PER_MINUTE,
  });
  const remembered = new Map<string, { version: number; pair: TokenPair }>();

  const endpoint = (name: string): URL => {
    const url = env[name];
    if (typeof url !== "string" || !URL.canParse(url))
      throw new ConfigError(`environment variables missing or wrong: ${name}`);
    return new URL(url);
  };
  const secret = vendorSecret(manifest, { read: () => secretText(env.VENDOR_SECRET_ARN), now: systemNow });
  const vendor = connect({
    fetch: globalThis.fetch,
    endpoint,
    now: systemNow,
    count: (kind) => {
      budget.called(kind);
      countCost(manifest, kind, meter);
    },
  });

  const integrationDeps = (runtime: Runtime): IntegrationDeps => {
    const tokens = tokenSource({
      integration: manifest.name,
      renewal: login({ endpoint, secret, fetch: globalThis.fetch }),
      remembered,
      accounts,
      sealer,
      now: runtime.now,
      log: runtime.log,
      remainingMs: runtime.remainingMs,
      newId: randomUUID,
    });
    return {
      manifest,
      now: runtime.now,
      log: runtime.log,
      remainingMs: runtime.remainingMs,
      assets: assetsStore(documents, env.ASSETS_TABLE),
      readings: readingsStore(documents, env.READINGS_TABLE),
      schedule: scheduleStore(documents, env.SCHEDULE_TABLE),
      commands: commandsStore(documents, env.COMMANDS_TABLE, { by: manifest.name, ...runtime }),
      causes,
      killSwitch: killSwitchStore(documents, env.COMMANDS_TABLE),
      bus,
      tokens,
      vendor,
      meter,
      budget,
      withToken: withTokenFrom(tokens, budget),
    };
  };
  return { integrationDeps, again: queueSender(env.COMMAND_QUEUE_URL) };
}
