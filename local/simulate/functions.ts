import type { OptimiserDeps } from "../../lambdas/optimiser/deps.ts";
import { run as optimise } from "../../lambdas/optimiser/handler.ts";
import { type Refused, run as schedule } from "../../lambdas/scheduler/handler.ts";
import { run as fetchSignals } from "../../lambdas/signals/handler.ts";
import { run as verify } from "../../lambdas/verifier/handler.ts";
import { scheduleStore } from "../../shared/store/schedule.ts";
import { CARBON, commonOf, type Platform, PRICE, sendTo } from "./common.ts";
import { integrationFunction } from "./integration.ts";
import { effect, type FunctionSpec, MOST_SKEW_MS } from "./lambda.ts";
import { pause, tablesOf } from "./ports.ts";
import { TIMEOUT_MS } from "./stack.ts";

/** The deployed functions by name, with the timeouts that the stack gives them. */
export function functionsOf(platform: Platform): Map<string, FunctionSpec> {
  const { world, clouds } = platform;
  const manifests = clouds.map(({ manifest }) => manifest);
  const specs: FunctionSpec[] = [
    {
      name: "signals",
      timeoutMs: TIMEOUT_MS.signals,
      concurrency: 10,
      run: (event, invocation) => {
        const { signals, ...common } = commonOf(platform, invocation);
        return fetchSignals(event, { ...common, store: signals, sources: platform.sources(invocation) });
      },
    },
    {
      name: "scheduler",
      timeoutMs: TIMEOUT_MS.scheduler,
      concurrency: 10,
      run: (event, invocation) => {
        const refused: Refused[] = [];
        const onRefused = (key: string, error: unknown) => void refused.push({ key, error });
        return schedule(event as never, {
          ...commonOf(platform, invocation),
          schedule: scheduleStore(tablesOf(platform, invocation.environment), "schedule", onRefused),
          integrations: manifests.map(({ name, streams, limits }) => ({ name, streams, limits, functionName: name })),
          refusedRows: () => refused.splice(0),
          pause: (ms) => pause(world, invocation, ms),
          send: (functionName, request) => {
            platform.watch.claimed(`sending ${functionName} ${request.batchId}`, invocation);
            return effect(world, invocation, {
              place: "invoke",
              what: `invokes ${functionName}`,
              latencyMs: 10 + world.engine.random() * 30,
              act: () => platform.invoke(functionName, request),
            });
          },
        });
      },
    },
    {
      name: "optimiser",
      timeoutMs: TIMEOUT_MS.optimiser,
      concurrency: 20,
      run: (event, invocation) => {
        const deps: OptimiserDeps = {
          ...commonOf(platform, invocation),
          fleets: ["main"],
          region: "C",
          series: { price: PRICE, carbon: CARBON },
          later: async (items) => {
            for (const workItem of items) await sendTo(platform, invocation, "replan", JSON.stringify({ workItem }), 0);
          },
        };
        return optimise(event as never, deps);
      },
    },
    {
      name: "verifier",
      timeoutMs: TIMEOUT_MS.verifier,
      concurrency: 10,
      isIdle: () => platform.watch.hasNothingOpen(world.engine.nowMs() + MOST_SKEW_MS),
      run: (event, invocation) => verify(event as never, commonOf(platform, invocation)),
    },
    ...clouds.map((cloud) => integrationFunction(platform, cloud)),
  ];
  return new Map(specs.map((spec) => [spec.name, platform.spending?.watched(spec) ?? spec]));
}
