import { createHash, randomBytes } from "node:crypto";
import { DecryptCommand, type GenerateDataKeyCommand, type KMSClient } from "@aws-sdk/client-kms";
import { run as tick } from "../../lambdas/scheduler/handler.ts";
import { TABLE_SHAPES } from "../../lib/table-shapes.ts";
import { type TokenPair, tokenSource } from "../../shared/auth.ts";
import { eventBridgeBus } from "../../shared/bus.ts";
import { Asset } from "../../shared/domain/asset.ts";
import { hash32 } from "../../shared/domain/hash.ts";
import { HOUR_MS, instant, MINUTE_MS } from "../../shared/domain/instant.ts";
import { withTokenFrom } from "../../shared/integration/deps.ts";
import { poll } from "../../shared/integration/poll.ts";
import { PollRequest } from "../../shared/integration/poll-request.ts";
import { vendorBudget } from "../../shared/integration/vendor-budget.ts";
import { kmsSealer } from "../../shared/seal.ts";
import { accountKey, accountsStore } from "../../shared/store/accounts.ts";
import { assetsStore } from "../../shared/store/assets.ts";
import { budgetsStore } from "../../shared/store/budgets.ts";
import { causesStore } from "../../shared/store/causes.ts";
import { commandsStore } from "../../shared/store/commands.ts";
import { killSwitchStore } from "../../shared/store/kill-switch.ts";
import { plansStore } from "../../shared/store/plans.ts";
import { readingsStore } from "../../shared/store/readings.ts";
import { scheduleStore } from "../../shared/store/schedule.ts";
import { memoryDocumentClient } from "../memory/document-client.ts";
import { chunksOf64Kb } from "./prices.ts";
import { meters } from "./scheduler-meters.ts";
import { BENCH_MANIFEST, benchManifest, benchVendor } from "./scheduler-vendor.ts";
import { virtualTime } from "./virtual-time.ts";

/** As lib deploys them. */
const WORKER_MB = 256;
const SCHEDULER_MB = 256;
const TIMEOUT_MS = 30_000;
/** Beside waiting for the vendor: the tables, parsing, an average share of starts. */
const OVERHEAD_MS = 50;
const TOKEN_HOURS = 8;
/** To send, to receive and to delete a message. */
const REQUESTS_PER_MESSAGE = 3;

export type BenchFleet = Awaited<ReturnType<typeof benchFleet>>;

/** A fleet of cars of one vendor, driven by the real scheduler and the real poll over tables in memory. */
export async function benchFleet(assets: number, startMs: number, periodMinutes = 15) {
  const time = virtualTime(startMs);
  const memory = memoryDocumentClient({ tables: TABLE_SHAPES });
  const counted = meters(time, memory);
  const { log, used } = counted;
  const vendor = benchVendor(time, startMs);
  const manifest = benchManifest(periodMinutes);
  const { name } = manifest;
  const schedule = scheduleStore(memory, "schedule");
  const kms = countedKms(used);

  const bus = eventBridgeBus(
    {
      putEvents: async ({ Entries }) => {
        for (const { Detail = "{}" } of Entries) {
          used.events += chunksOf64Kb(Detail.length);
          // Only what plans rest on goes on to a queue.
          if (JSON.parse(Detail).matters) used.queueRequests += REQUESTS_PER_MESSAGE * chunksOf64Kb(Detail.length);
        }
        return { FailedEntryCount: 0 };
      },
    },
    "bus",
    time.now,
  );

  /** What one function environment keeps between its invocations. */
  const environment = () => {
    const root = counted.meter(name);
    const meter = root.of({ integration: name });
    const budget = vendorBudget({
      manifest,
      store: budgetsStore(memory, "accounts"),
      now: time.now,
      meter,
      log,
      rampKwPerMinute: 1000,
    });
    return {
      meter,
      flush: root.flush,
      budget,
      sealer: kmsSealer(kms, "key"),
      remembered: new Map<string, { version: number; pair: TokenPair }>(),
    };
  };
  const idle: ReturnType<typeof environment>[] = [];
  let running = 0;
  let mostRunning = 0;

  const work = async (payload: string) => {
    const startedMs = time.nowMs();
    mostRunning = Math.max(mostRunning, ++running);
    // The service prefers the environment that was used last.
    const own = idle.pop() ?? environment();
    const remainingMs = () => startedMs + TIMEOUT_MS - time.nowMs();
    const tokens = tokenSource({
      integration: name,
      renewal: async () => async () => ({
        kind: "renewed",
        accessToken: randomBytes(300).toString("base64url"),
        refreshToken: randomBytes(300).toString("base64url"),
        expiresInSeconds: TOKEN_HOURS * 3600,
      }),
      remembered: own.remembered,
      accounts: accountsStore(memory, "accounts"),
      sealer: own.sealer,
      now: time.now,
      log,
      remainingMs,
      newId: () => randomBytes(8).toString("hex"),
    });
    await poll(PollRequest.parse(JSON.parse(payload)), {
      manifest,
      now: time.now,
      log,
      remainingMs,
      assets: assetsStore(memory, "assets"),
      readings: readingsStore(memory, "readings"),
      schedule,
      causes: causesStore(memory, "schedule"),
      commands: commandsStore(memory, "commands", { by: name, now: time.now, log }),
      killSwitch: killSwitchStore(memory, "commands"),
      bus,
      tokens,
      vendor: {
        ...vendor.client,
        look: (target, options) => {
          own.budget.called("data");
          return vendor.client.look(target, options);
        },
      },
      budget: own.budget,
      meter: own.meter,
      withToken: withTokenFrom(tokens, own.budget),
    });
    own.flush();
    const durationMs = time.nowMs() - startedMs + OVERHEAD_MS;
    log.info("INVOCATION_COMPLETED", { durationMs, requestId: "00000000-0000-0000-0000-000000000000" });
    counted.invoked(durationMs, WORKER_MB);
    running -= 1;
    idle.push(own);
  };

  const failures: unknown[] = [];
  const ticks = { cpuMs: 0, count: 0 };
  const tickMeter = counted.meter("scheduler");
  const runTick = async (tickAtMs: number) => {
    const startedMs = time.nowMs();
    const facts = { name, functionName: name, streams: manifest.streams, limits: manifest.limits };
    await tick(
      { tickAt: instant(tickAtMs) },
      {
        now: time.now,
        log,
        integrations: [facts],
        schedule,
        readings: readingsStore(memory, "readings"),
        causes: causesStore(memory, "schedule"),
        plans: plansStore(memory, "plans"),
        bus,
        meter: tickMeter,
        pause: time.sleep,
        refusedRows: () => [],
        send: async (_, request) => {
          const payload = JSON.stringify(request);
          // Bytes beyond the first 256 KB of an asynchronous event are billed as requests of their own; these are far fewer.
          time.at(time.nowMs() + OVERHEAD_MS, () => void work(payload).catch((error) => failures.push(error)));
        },
      },
    );
    tickMeter.flush();
    ticks.count += 1;
    const durationMs = time.nowMs() - startedMs + OVERHEAD_MS;
    log.info("INVOCATION_COMPLETED", { durationMs, requestId: "00000000-0000-0000-0000-000000000000" });
    counted.invoked(durationMs, SCHEDULER_MB);
  };

  await enrol(assets, { time, memory, schedule, kms, periodMinutes });
  used.kmsRequests = 0;
  for (const units of memory.units.values()) Object.assign(units, { read: 0, write: 0 });

  let nextTickMs = Math.ceil(startMs / MINUTE_MS) * MINUTE_MS;
  /** Lets so many minutes pass, a tick in each. */
  const pass = async (minutes: number) => {
    for (let minute = 0; minute < minutes; minute++, nextTickMs += MINUTE_MS) {
      const tickAtMs = nextTickMs;
      time.at(tickAtMs, () => void runTick(tickAtMs).catch((error) => failures.push(error)));
      await time.runUntil(tickAtMs + MINUTE_MS);
      if (failures.length > 0) throw failures[0];
    }
  };
  return { pass, time, vendor, usage: counted.usage, ticks, most: () => mostRunning, memory };
}

/** Every car with its login, whose token has been used for a while, and its place on the wheel. */
async function enrol(
  count: number,
  {
    time,
    memory,
    schedule,
    kms,
    periodMinutes,
  }: Pick<BenchFleet, "time" | "memory"> & {
    schedule: ReturnType<typeof scheduleStore>;
    kms: KMSClient;
    periodMinutes: number;
  },
): Promise<void> {
  const { name } = BENCH_MANIFEST;
  const [assets, accounts] = [assetsStore(memory, "assets"), accountsStore(memory, "accounts")];
  const sealer = kmsSealer(kms, "key");
  const budgets = budgetsStore(memory, "accounts");
  for (let i = 0; i < count; i++) {
    const assetId = `car-${String(i).padStart(6, "0")}`;
    const accountId = `customer-${String(i).padStart(6, "0")}`;
    const account = accountKey(name, accountId);
    await assets.put(
      Asset.parse({
        assetId,
        kind: "car",
        integration: name,
        accountId,
        vendorAssetId: createHash("sha256").update(assetId).digest("hex").slice(0, 17).toUpperCase(),
        fleetId: "main",
        site: { siteId: `home-${i}`, timeZone: "Europe/London" },
        battery: { capacityKwh: 60 },
        supply: { maxCurrentA: 32 },
        preferences: { targetSocPercent: 80, readyBy: "07:00" },
        consent: { control: true, givenAt: "2026-01-01T00:00:00.000Z" },
      }),
    );
    const pair = { accessToken: "a".repeat(400), refreshToken: "r".repeat(400) };
    const seal = await sealer.prepare({ account });
    const lifeMs = (hash32(accountId) / 2 ** 32) * TOKEN_HOURS * HOUR_MS;
    const accessExpiresAt = instant(time.nowMs() + Math.round(lifeMs) + 10 * MINUTE_MS);
    await accounts.link({ account, tokens: seal(JSON.stringify(pair)), version: 1, accessExpiresAt });
    await budgets.countAsset(name);
    await schedule.join({ integration: name, assetId, accountId, stream: "charge", periodMinutes });
  }
}

/** A key service in memory. */
function countedKms(used: { kmsRequests: number }): KMSClient {
  const keys = new Map<string, Buffer>();
  const send = async (command: GenerateDataKeyCommand | DecryptCommand) => {
    used.kmsRequests += 1;
    if (command instanceof DecryptCommand) {
      return { Plaintext: keys.get(Buffer.from(command.input.CiphertextBlob ?? []).toString("hex")) };
    }
    const [Plaintext, CiphertextBlob] = [randomBytes(32), randomBytes(184)];
    keys.set(CiphertextBlob.toString("hex"), Plaintext);
    return { Plaintext, CiphertextBlob };
  };
  return { send } as unknown as KMSClient;
}
