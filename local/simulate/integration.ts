import { type TokenPair, tokenSource } from "../../shared/auth.ts";
import { invocationsAtOnce, type Manifest } from "../../shared/domain/manifest.ts";
import { countCost } from "../../shared/integration/call-metrics.ts";
import type { VendorClient } from "../../shared/integration/contract.ts";
import { type IntegrationDeps, withTokenFrom } from "../../shared/integration/deps.ts";
import { poll } from "../../shared/integration/poll.ts";
import { PollRequest } from "../../shared/integration/poll-request.ts";
import { runQueue } from "../../shared/integration/queue.ts";
import { type VendorBudget, vendorBudget } from "../../shared/integration/vendor-budget.ts";
import { SqsBatch } from "../../shared/queue.ts";
import { budgetsStore } from "../../shared/store/budgets.ts";
import { commonOf, NO_METER, newIds, type Platform, sendTo } from "./common.ts";
import type { Environment, FunctionSpec, Invocation } from "./lambda.ts";
import { clockOf, renewalFrom, sealerOf, tablesOf, vendorFetch } from "./ports.ts";
import { without } from "./sabotage.ts";
import { TIMEOUT_MS } from "./stack.ts";
import { simulatedVendor } from "./vendor-client.ts";
import type { VendorCloud } from "./vendor-cloud.ts";

/** Power that a fleet may start in a minute: enough for a depot, and a bound all the same. */
const RAMP_KW_PER_MINUTE = 100;

export function commandQueueOf({ name }: Pick<Manifest, "name">): string {
  return `${name}-commands`;
}

/** An integration's Lambda: `shared/integration/handler.ts` over the world's ports. */
export function integrationFunction(platform: Platform, cloud: VendorCloud): FunctionSpec {
  const { manifest } = cloud;
  return {
    name: manifest.name,
    timeoutMs: TIMEOUT_MS.integration,
    concurrency: invocationsAtOnce(manifest),
    run: async (event, invocation) => {
      const deps = integrationDeps(platform, cloud, invocation);
      if (!("Records" in (event as object))) {
        const request = PollRequest.parse(event);
        const answer = await poll(request, deps);
        if (invocation.notes.has("told"))
          platform.watch.claimed(`polling ${manifest.name} ${request.batchId}`, invocation);
        platform.watch.acknowledged(invocation);
        return answer;
      }
      return runQueue(SqsBatch.parse(event), deps, (body, delaySeconds) =>
        sendTo(platform, invocation, commandQueueOf(manifest), body, delaySeconds * 1000),
      );
    },
  };
}

/** What a process makes once and keeps: it lives as long as its environment. */
type Kept = {
  remembered: Map<string, { version: number; pair: TokenPair }>;
  budget: VendorBudget;
  vendor: VendorClient;
};

function keptOf(platform: Platform, cloud: VendorCloud, environment: Environment): Kept {
  const known = environment.globals.get("kept") as Kept | undefined;
  if (known) return known;
  const { world } = platform;
  const { manifest } = cloud;
  const now = clockOf(world, environment);
  const meter = platform.spending?.meter(manifest.name) ?? NO_METER;
  const budget = vendorBudget({
    manifest,
    store: budgetsStore(tablesOf(platform, environment), "accounts"),
    now,
    meter,
    log: { info() {} },
    rampKwPerMinute: RAMP_KW_PER_MINUTE,
  });
  const vendor = simulatedVendor(
    {
      fetch: vendorFetch(world, environment, cloud),
      endpoint: (name) => new URL(manifest.endpoints[name] ?? ""),
      now,
      count: (kind) => {
        budget.called(kind);
        countCost(manifest, kind, meter);
      },
    },
    Object.keys(manifest.endpoints)[0] ?? "",
  );
  const watched: VendorClient = {
    ...vendor,
    look: async (target, options) => {
      const look = await vendor.look(target, options);
      if (look.reading && environment.current) platform.watch.answered(look.reading, environment.current);
      return look;
    },
  };
  const kept: Kept = { remembered: new Map(), budget, vendor: watched };
  environment.globals.set("kept", kept);
  return kept;
}

function integrationDeps(platform: Platform, cloud: VendorCloud, invocation: Invocation): IntegrationDeps {
  const { world } = platform;
  const { manifest } = cloud;
  const { remembered, budget, vendor } = keptOf(platform, cloud, invocation.environment);
  const common = commonOf(platform, invocation);
  const guarded = without({ ...common, manifest, vendor, budget } as never, platform.sabotage) as typeof common & Kept;
  const tokens = tokenSource({
    ...guarded,
    integration: manifest.name,
    renewal: renewalFrom(world, invocation, cloud, platform.watch),
    remembered,
    sealer: sealerOf(world, invocation),
    newId: newIds(`${invocation.id}/lease`),
  });
  return { ...guarded, manifest, tokens, vendor, withToken: withTokenFrom(tokens, budget) };
}
