import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { App, Stack } from "aws-cdk-lib";
import { Metric, TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import { Topic } from "aws-cdk-lib/aws-sns";
import { beforeAll, describe, expect, it } from "vitest";
import { houseAlarm } from "../../lib/house-alarm.ts";
import { MANIFESTS, ofType, type Resource, resourcesOf, STAGE_NAMES, STAGES } from "./templates.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

describe.each(STAGE_NAMES)("the alarms of %s", (stage) => {
  let alarms: Resource["Properties"][];
  beforeAll(async () => {
    alarms = ofType(await resourcesOf(stage), "AWS::CloudWatch::Alarm").map(([, { Properties }]) => Properties);
  });

  it("are these, each named after its stage, its Lambda's folder and what is wrong", () => {
    const integrations = MANIFESTS.flatMap(({ name }) =>
      ["commands-dead-letters", "errors", "failures", "not-read"].map((what) => `${name}-${what}`),
    );
    const platform = [
      ...["optimiser", "scheduler", "signals", "verifier"].flatMap((part) =>
        ["errors", "failures", "silent"].map((what) => `${part}-${what}`),
      ),
      "optimiser-replan-dead-letters",
      "verifier-verify-dead-letters",
    ];
    expect(alarms.map(({ AlarmName }) => AlarmName).sort()).toEqual(
      [...integrations, ...platform].map((name) => `headroom-${stage}-${name}`).sort(),
    );
  });

  it("say what broke, the first action, an existing runbook and an owner, and what silence means", () => {
    for (const { AlarmName, AlarmDescription, TreatMissingData: missing } of alarms) {
      const parts = /^(.{10,}) First: (.{10,}) Runbook: (docs\/runbooks\/[a-z-]+\.md)\. Owner: ([a-z-]+)\.$/.exec(
        AlarmDescription,
      );
      expect(parts, `${AlarmName}: ${AlarmDescription}`).not.toBeNull();
      expect(existsSync(`${ROOT}${parts?.[3]}`), parts?.[3]).toBe(true);
      expect(missing, AlarmName).toMatch(/^(notBreaching|breaching)$/);
    }
  });

  it("are told to the stage's topic when they fire and when they are over", () => {
    for (const { AlarmName, AlarmActions, OKActions } of alarms) {
      expect(AlarmActions, AlarmName).toHaveLength(1);
      expect(OKActions, AlarmName).toEqual(AlarmActions);
    }
    expect(new Set(alarms.map(({ AlarmActions }) => JSON.stringify(AlarmActions)))).toHaveLength(1);
  });
});

describe("a stage's topic", () => {
  it("has its address as a subscriber, and none without one", async () => {
    const { dev } = STAGES;
    expect(dev.alarmEmail).toBeUndefined();
    expect(ofType(await resourcesOf("dev"), "AWS::SNS::Subscription")).toEqual([]);
    const told = await resourcesOf("dev", { ...dev, alarmEmail: "ops@example.org" });
    expect(ofType(told, "AWS::SNS::Subscription").map(([, { Properties }]) => Properties)).toMatchObject([
      { Protocol: "email", Endpoint: "ops@example.org" },
    ]);
  });
});

describe("an alarm", () => {
  it("is refused when nobody could read all of it", () => {
    const stack = new Stack(new App(), "Stack");
    const watch = { stage: "dev", topic: new Topic(stack, "Topic"), part: "acme", owner: "us", runbook: "a.md" };
    const alarm = (broken: string) =>
      houseAlarm(stack, broken.slice(0, 5), watch, {
        name: "errors",
        broken,
        firstAction: "look.",
        metric: new Metric({ namespace: "n", metricName: "m" }),
        when: { atLeast: 1 },
        periods: { breaching: 1, of: 1 },
        missing: TreatMissingData.BREACHING,
      });
    expect(() => alarm("fine")).not.toThrow();
    expect(() => alarm("endless ".repeat(200))).toThrow(/too long/);
  });
});
