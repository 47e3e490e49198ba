import { Duration, type Stack } from "aws-cdk-lib";
import {
  AlarmRule,
  AlarmState,
  AtLeastThreshold,
  CfnAlarm,
  ComparisonOperator,
  CompositeAlarm,
  MathExpression,
  Metric,
  TreatMissingData,
} from "aws-cdk-lib/aws-cloudwatch";
import { SnsAction } from "aws-cdk-lib/aws-cloudwatch-actions";
import { Topic } from "aws-cdk-lib/aws-sns";
import { describe, expect, inject, it } from "vitest";
import { readAssembly } from "../../../local/assembly.ts";
import { Alarms } from "../../../local/cloudwatch/alarms.ts";
import { MetricStore } from "../../../local/cloudwatch/metric-store.ts";
import { ringings } from "../../../local/cloudwatch/ringing.ts";
import { buildModel } from "../../../local/model.ts";
import { alarmsOf } from "../../../local/wire-alarms.ts";
import { alarm, alarmsIn, MINUTE_MS, metric, NOON, world } from "./alarms-world.ts";

const DAY = Duration.days(1).toMinutes();

describe("alarms", () => {
  it("look each minute at periods that end with it, and at two more than they name while data is missing", () => {
    const { put, pass, changes } = world((stack) => {
      alarm(stack, "errors", { minutes: 5 });
    });
    pass(40, (minute) => {
      if (minute === 7) put("errors");
    });
    expect(changes()).toEqual(["8 errors ALARM", "23 errors OK"]);
  });

  it("need so many of the last periods", () => {
    const { put, pass, changes } = world((stack) => {
      alarm(stack, "errors", { evaluationPeriods: 5, datapointsToAlarm: 3 });
    });
    pass(30, (minute) => put("errors", [3, 5, 7, 9].includes(minute) ? 1 : 0));
    // Of the minutes 3 to 7 and 5 to 9 three breach; of 4 to 8 and 6 to 10, two.
    expect(changes()).toEqual(["8 errors ALARM", "9 errors OK", "10 errors ALARM", "11 errors OK"]);
  });

  it("take silence for a breach only when all of the evaluation range is silent", () => {
    const { put, pass, changes } = world((stack) => {
      alarm(stack, "silent", {
        minutes: 5,
        comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
        treatMissingData: TreatMissingData.BREACHING,
      });
    });
    pass(60, (minute) => {
      if (minute < 20 || minute >= 50) put("silent");
    });
    expect(changes()).toEqual(["35 silent ALARM", "51 silent OK"]);
  });

  it("lack data, or keep their state, when silence is to mean that", () => {
    const { put, pass, changes } = world((stack) => {
      alarm(stack, "missing", { treatMissingData: TreatMissingData.MISSING });
      alarm(stack, "ignored", { treatMissingData: TreatMissingData.IGNORE });
      alarm(stack, "table", {
        treatMissingData: TreatMissingData.MISSING,
        metric: new Metric({ namespace: "AWS/DynamoDB", metricName: "ThrottledRequests", period: Duration.minutes(1) }),
      });
      (stack.node.findChild("table").node.defaultChild as CfnAlarm).treatMissingData = undefined;
    });
    pass(10, (minute) => {
      if (minute < 2) for (const name of ["missing", "ignored"]) put(name);
    });
    // Three periods are looked at; AWS/DynamoDB ignores by default.
    expect(changes()).toEqual(["1 missing ALARM", "1 ignored ALARM", "5 missing INSUFFICIENT_DATA"]);
  });

  it("that look back more than a day are evaluated at the hour, on data up to it", () => {
    const { put, pass, changes } = world((stack) => {
      alarm(stack, "nightly", {
        metric: new Metric({ namespace: "Test", metricName: "nightly", statistic: "Sum", period: Duration.days(1) }),
        evaluationPeriods: 2,
        datapointsToAlarm: 1,
      });
      alarm(stack, "daily", {
        metric: new Metric({ namespace: "Test", metricName: "nightly", statistic: "Sum", period: Duration.days(1) }),
      });
    });
    pass(200, (minute) => {
      if (minute === 62) put("nightly");
    });
    expect(changes()).toEqual(["63 daily ALARM", "120 nightly ALARM"]);
  });

  it("judge the result of metric math", () => {
    const percent = (stack: Stack) =>
      alarm(stack, "percent", {
        metric: new MathExpression({
          expression: "100 * failed / all",
          usingMetrics: { failed: metric("failed"), all: metric("all") },
          period: Duration.minutes(1),
        }),
        threshold: 20,
        evaluationPeriods: 2,
      });
    const { put, pass, changes } = world((stack) => void percent(stack));
    pass(12, (minute) => {
      put("all", 10);
      if (minute >= 3 && minute < 7) put("failed", minute === 4 ? 1 : 2);
    });
    // At minute 4 it is 10 %; where nothing failed, the missing count is 0.
    expect(changes()).toEqual(["7 percent ALARM", "8 percent OK"]);
  });

  it("on silence are first evaluated when their periods lie after the platform's start", () => {
    const { pass, changes } = world((stack) => {
      alarm(stack, "silent", {
        minutes: 5,
        evaluationPeriods: 2,
        comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
        treatMissingData: TreatMissingData.BREACHING,
      });
      new CompositeAlarm(stack, "above", {
        compositeAlarmName: "above",
        alarmRule: AlarmRule.not(AlarmRule.fromAlarm(stack.node.findChild("silent") as never, AlarmState.OK)),
      });
    }, NOON);
    pass(20);
    expect(changes()).toEqual(["10 silent ALARM", "10 above ALARM"]);
  });

  it("tell their topics of changes, and nobody while their actions are disabled", () => {
    const { put, pass, told, alarms } = world((stack) => {
      const topic = new SnsAction(new Topic(stack, "Topic", { topicName: "ops" }));
      for (const name of ["loud", "quiet"]) {
        const one = alarm(stack, name, { metric: metric("errors"), actionsEnabled: name === "loud" });
        one.addAlarmAction(topic);
        one.addOkAction(topic);
        one.addInsufficientDataAction(topic);
      }
    });
    pass(12, (minute) => {
      if (minute >= 4 && minute < 6) put("errors");
    });
    expect(told()).toEqual(["1 loud OK", "5 loud ALARM", "9 loud OK"]);
    expect(alarms.notifications[1]).toMatchObject({
      topics: ["arn:aws:sns:eu-west-2:000000000000:ops"],
      reason: "Threshold Crossed: 1 datapoint [1.0] was greater than or equal to the threshold (1.0).",
    });
    expect(
      ringings(alarms.transitions, alarms.notifications).map(({ alarm: name, told: wasTold, fromMs, untilMs }) => [
        name,
        wasTold,
        (fromMs - NOON) / MINUTE_MS,
        ((untilMs ?? 0) - NOON) / MINUTE_MS,
      ]),
    ).toEqual([
      ["loud", true, 5, 9],
      ["quiet", false, 5, 9],
    ]);
  });

  it("make one page of a vendor's outage: composites, and a suppressor that needs a minute more", () => {
    const { put, pass, told, changes } = world((stack) => {
      const topic = new SnsAction(new Topic(stack, "Topic", { topicName: "ops" }));
      const [long, short, outage] = ["long", "short", "outage"].map((name) => alarm(stack, name)) as [
        never,
        never,
        never,
      ];
      const burn = new CompositeAlarm(stack, "burn", {
        compositeAlarmName: "burn",
        alarmRule: AlarmRule.allOf(
          AlarmRule.fromAlarm(long, AlarmState.ALARM),
          AlarmRule.fromAlarm(short, AlarmState.ALARM),
        ),
        actionsSuppressor: outage,
      });
      const any = new CompositeAlarm(stack, "any", {
        compositeAlarmName: "any",
        alarmRule: AlarmRule.anyOf(
          AlarmRule.fromAlarm(burn, AlarmState.ALARM),
          AlarmRule.atLeast(AlarmState.ALARM, {
            operands: [long, short, outage],
            threshold: AtLeastThreshold.percentage(100),
          }),
        ),
      });
      for (const one of [burn, any]) {
        one.addAlarmAction(topic);
        one.addOkAction(topic);
      }
    });
    pass(40, (minute) => {
      if ((minute >= 5 && minute < 10) || minute >= 25) {
        put("long");
        put("short");
      }
      if (minute >= 6 && minute < 12) put("outage");
    });
    expect(changes().filter((line) => /burn|any/.test(line))).toEqual([
      "6 burn ALARM",
      "6 any ALARM",
      "13 burn OK",
      "13 any OK",
      "26 burn ALARM",
      "26 any ALARM",
    ]);
    // The outage rings from 7, within the minute of waiting, to 15; what changed meanwhile is told a minute after it.
    expect(told().filter((line) => line.includes("burn"))).toEqual(["2 burn OK", "16 burn OK", "27 burn ALARM"]);
  });
});

describe("an alarm that CloudWatch would refuse, or that is not known here", () => {
  const cfn = (changes: object) => (stack: Stack) =>
    void new CfnAlarm(stack, "Odd", {
      comparisonOperator: "GreaterThanThreshold",
      evaluationPeriods: 1,
      namespace: "Test",
      metricName: "m",
      statistic: "Sum",
      period: 60,
      threshold: 1,
      ...changes,
    });
  const stat = (id: string, period = 60) => ({
    id,
    returnData: false,
    metricStat: { metric: { namespace: "Test", metricName: id }, period, stat: "Sum" },
  });
  const math = (expression: string, ...metrics: object[]) =>
    cfn({
      namespace: undefined,
      metricName: undefined,
      statistic: undefined,
      period: undefined,
      metrics: [{ id: "e", expression }, ...metrics],
    });

  it.each([
    ["a period of ten seconds", cfn({ period: 10 }), "Period"],
    ["a band", cfn({ thresholdMetricId: "ad1" }), "ThresholdMetricId"],
    ["an action that is no topic", cfn({ alarmActions: ["arn:aws:automate:eu-west-2:ec2:stop"] }), "AlarmActions"],
    ["a trimmed mean", cfn({ statistic: undefined, extendedStatistic: "tm99" }), "tm99"],
    ["more datapoints than periods", cfn({ datapointsToAlarm: 2 }), "2 datapoints to alarm of 1 periods"],
    ["a window of more than a day of minutes", cfn({ evaluationPeriods: 1441 }), "of at most 24"],
    ["a window of more than a week", cfn({ period: DAY * 60, evaluationPeriods: 8 }), "of at most 168"],
    ["an unknown function", math("RATE(a)", stat("a")), "RATE"],
    ["an unknown id", math("a + b", stat("a")), "the id b"],
    ["a number for a result", math("MAX(a)", stat("a")), "e is a scalar"],
    ["many series for a result", math("[a, a]", stat("a")), "e is a list"],
    ["periods that differ", math("a + b", stat("a"), stat("b", 300)), "60, 300 seconds"],
    [
      "eleven metrics",
      math("SUM(METRICS())", ...Array.from({ length: 11 }, (_, i) => stat(`m${i}`))),
      "11 metrics, of at most 10",
    ],
    ["two results", math("a", { ...stat("a"), returnData: true }), "2 of its metrics return data"],
  ])("is one with %s", (_what, build, name) => {
    expect(() => alarmsIn(build)).toThrow(name);
  });

  it("is a composite of alarms that are not there, or of itself", () => {
    const composite = (stack: Stack, name: string, rule: string) =>
      new CompositeAlarm(stack, name, { compositeAlarmName: name, alarmRule: AlarmRule.fromString(rule) });
    expect(() => world((stack) => composite(stack, "a", "ALARM(gone)") && undefined)).toThrow("watches gone");
    expect(() =>
      world((stack) => {
        composite(stack, "a", "ALARM(b)");
        composite(stack, "b", "NOT OK(a)");
      }),
    ).toThrow("watches itself through");
    expect(() => alarmsIn((stack) => void composite(stack, "a", "ALARM(b) OR c"))).toThrow("c is not supported");
  });
});

describe("the alarms of the project", () => {
  it.each(["dev", "prod"])("of stage %s are all understood, each composite with what it watches", (stage) => {
    const alarms = alarmsOf(buildModel(readAssembly(inject("assemblyDir"), stage), "http://127.0.0.1:1"));
    expect(new Alarms(alarms, new MetricStore(), NOON).views().length).toBe(alarms.length);
    expect(alarms.length).toBeGreaterThan(10);
  });
});
