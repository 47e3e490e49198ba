import { expect, it } from "vitest";
import {
  ASYNCHRONOUS,
  commandQueue,
  PLATFORM_QUEUES,
  type QueueFacts,
  TIMEOUT_MS,
} from "../../local/simulate/stack.ts";
import { idIn, ofType, resourcesOf } from "../lib/templates.ts";

/** Queues with their rules and consumers, as the template deploys them; the name is that of the queue's construct. */
async function deployedQueues(): Promise<QueueFacts[]> {
  const resources = await resourcesOf("dev");
  const rules = ofType(resources, "AWS::Events::Rule");
  return ofType(resources, "AWS::Lambda::EventSourceMapping").map(([, { Properties: mapping }]) => {
    const queueId = idIn(mapping.EventSourceArn) ?? "";
    const queue = resources[queueId]?.Properties;
    const patterns = rules
      .filter(([, { Properties }]) => Properties.Targets.some(({ Arn }: { Arn: object }) => idIn(Arn) === queueId))
      .map(([, { Properties }]) => Properties.EventPattern);
    return {
      name: queueId,
      consumer: idIn(mapping.FunctionName) ?? "",
      patterns,
      batchSize: mapping.BatchSize,
      windowSeconds: mapping.MaximumBatchingWindowInSeconds ?? 0,
      visibilitySeconds: queue?.VisibilityTimeout,
      maxReceiveCount: queue?.RedrivePolicy.maxReceiveCount,
    };
  });
}

const facts = ({ name: _, consumer: __, ...rest }: QueueFacts) => ({
  ...rest,
  patterns: rest.patterns.map((pattern) => JSON.stringify(sorted(pattern))).sort(),
});

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted).sort();
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([k, v]) => [k, sorted(v)]),
  );
}

it("imitates the queues and rules that are deployed", async () => {
  const deployed = await deployedQueues();
  const named = (start: string) => deployed.filter(({ consumer }) => consumer.startsWith(start)).map(facts);
  const [replan, verify] = PLATFORM_QUEUES.map(facts);
  expect(named("Optimiser")).toEqual([replan]);
  expect(named("Verifier")).toEqual([verify]);
  const ofVendors = deployed.filter(({ consumer }) => !/^(Optimiser|Verifier)/.test(consumer)).map(facts);
  expect(ofVendors).toContainEqual(facts(commandQueue("acme-cars", "commands")));
});

it("waits for asynchronous events as long as they are deployed to, and tries again as often", async () => {
  const resources = await resourcesOf("dev");
  const configs = ofType(resources, "AWS::Lambda::EventInvokeConfig").map(([, { Properties }]) => ({
    functionId: idIn(Properties.FunctionName) ?? "",
    maxAgeMs: 1000 * Properties.MaximumEventAgeInSeconds,
    retries: Properties.MaximumRetryAttempts,
  }));
  const named = (start: string) => {
    const { functionId: _, ...config } = configs.find(({ functionId }) => functionId.startsWith(start)) ?? {
      functionId: "",
    };
    return config;
  };
  const { integration, ...platform } = ASYNCHRONOUS;
  for (const [name, expected] of Object.entries(platform))
    expect(named(`${name[0]?.toUpperCase()}${name.slice(1)}`)).toEqual(expected);
  expect(named("acmecars")).toEqual(integration);
});

it("gives functions the time that they are deployed with", async () => {
  const functions = ofType(await resourcesOf("dev"), "AWS::Lambda::Function");
  const deployed = (start: string) =>
    functions.filter(([id]) => id.startsWith(start)).map(([, { Properties }]) => 1000 * Properties.Timeout);
  const { integration, ...platform } = TIMEOUT_MS;
  for (const [name, expected] of Object.entries(platform))
    expect(deployed(`${name[0]?.toUpperCase()}${name.slice(1)}`), name).toEqual([expected]);
  expect(deployed("acmecars")).toEqual([integration]);
});
