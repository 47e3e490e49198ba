import { describe, expect, it } from "vitest";
import { NOTHING, PRICES } from "../../local/bench/prices.ts";
import {
  assetItems,
  fixedItems,
  freeUsd,
  type Item,
  idleReceives,
  keyOf,
  metricsBilled,
  totalUsd,
  usdByService,
  vendorUsd,
} from "../../local/cost/bill.ts";
import { runCost } from "../../local/cost/cli.ts";
import type { NightSpent } from "../../local/cost/night.ts";
import { billText } from "../../local/cost/page.ts";
import type { CustomMetric } from "../../local/cost/spending.ts";
import { type Deployed, deployedBy, type StackOf } from "../../local/cost/template.ts";
import { aManifest } from "../lib/templates.ts";

const at = (path: string) => ({ "aws:cdk:path": path });
const stat = (Period: number) => ({ Id: "m", MetricStat: { Period, Stat: "Sum" } });
const STACKS: StackOf[] = [
  {
    Resources: {
      Key: { Type: "AWS::KMS::Key" },
      Table: {
        Type: "AWS::DynamoDB::GlobalTable",
        Properties: {
          SSESpecification: { SSEEnabled: true, SSEType: "KMS" },
          Replicas: [{ PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true } }],
        },
      },
      Archive: { Type: "AWS::Events::Archive", Properties: { RetentionDays: 90 } },
    },
  },
  {
    Resources: {
      Plain: { Type: "AWS::CloudWatch::Alarm", Properties: { MetricName: "Errors", Period: 60 } },
      Math: {
        Type: "AWS::CloudWatch::Alarm",
        Properties: { Metrics: [{ Id: "e", Expression: "100 * a / b" }, stat(900), stat(900)] },
      },
      Fast: { Type: "AWS::CloudWatch::Alarm", Properties: { MetricName: "lag", Period: 10 } },
      Tree: { Type: "AWS::CloudWatch::CompositeAlarm", Properties: { AlarmRule: "ALARM(x)" } },
      Board: { Type: "AWS::CloudWatch::Dashboard" },
      Secret: { Type: "AWS::SecretsManager::Secret" },
      Capped: { Type: "AWS::Lambda::EventSourceMapping", Properties: { ScalingConfig: { MaximumConcurrency: 2 } } },
      Free: { Type: "AWS::Lambda::EventSourceMapping", Properties: {} },
      Tesla: {
        Type: "AWS::Lambda::Function",
        Properties: { MemorySize: 256 },
        Metadata: at("dev/Vendors/tesla/Integration/Function/Resource"),
      },
      Optimiser: {
        Type: "AWS::Lambda::Function",
        Properties: { MemorySize: 1024 },
        Metadata: at("dev/Platform/Optimiser/Function/Resource"),
      },
      Minute: {
        Type: "AWS::Scheduler::Schedule",
        Properties: { ScheduleExpression: "rate(1 minute)" },
        Metadata: at("dev/Platform/OptimiserTicks/Minute/Resource"),
      },
      Signals: {
        Type: "AWS::Scheduler::Schedule",
        Properties: { ScheduleExpression: "cron(1,31 * * * ? *)" },
        Metadata: at("dev/Platform/SignalsTicks/HalfHourly/Resource"),
      },
      Logs: { Type: "AWS::Logs::LogGroup", Properties: { RetentionInDays: 14 } },
    },
  },
];

describe("what a template deploys", () => {
  it("is counted by how it is billed", () => {
    const { runs, ...counted } = deployedBy(STACKS);
    // 730 hours.
    expect(runs.optimiser).toBeCloseTo(43_800, 6);
    expect(runs.signals).toBeCloseTo(1460, 6);
    expect(counted).toEqual({
      ...{ keys: 1, secrets: 1, alarms: 3, alarmMetrics: 3, fastAlarmMetrics: 1, compositeAlarms: 1, dashboards: 1 },
      ...{ cappedPollers: 1, freePollers: 1, managedKeyTables: 1, backedUpTables: 1 },
      functions: { tesla: { memoryMb: 256 }, optimiser: { memoryMb: 1024 } },
      sendsMetrics: true,
      integrations: ["tesla"],
      ...{ logDays: 14, archiveDays: 90 },
    } satisfies Omit<Deployed, "runs">);
  });

  it("sends no metrics where every function is told to send none", () => {
    const silent = {
      Type: "AWS::Lambda::Function",
      Properties: { Environment: { Variables: { POWERTOOLS_METRICS_DISABLED: "true" } } },
      Metadata: at("dev/Platform/Optimiser/Function/Resource"),
    };
    expect(deployedBy([{ Resources: { Fn: silent } }]).sendsMetrics).toBe(false);
  });

  it.each<[string, NonNullable<StackOf["Resources"]>[string], RegExp]>([
    [
      "an alarm on whatever a query finds",
      {
        Type: "AWS::CloudWatch::Alarm",
        Properties: { Metrics: [{ Id: "q", Expression: 'SELECT MAX(x) FROM "AWS/SQS"' }] },
      },
      /Odd.*query/,
    ],
    ["a function nobody knows", { Type: "AWS::Lambda::Function", Properties: {}, Metadata: at("dev/Else") }, /Odd/],
    [
      "a schedule that wakes nobody we know",
      { Type: "AWS::Scheduler::Schedule", Properties: { ScheduleExpression: "rate(1 minute)" }, Metadata: at("dev/X") },
      /Odd/,
    ],
  ])("is refused where it cannot be told: %s", (_, resource, words) => {
    expect(() => deployedBy([{ Resources: { Odd: resource } }])).toThrow(words);
  });
});

const DEPLOYED = deployedBy(STACKS);
const IDLE = { optimiser: { ...NOTHING, invokes: 1, gbSeconds: 0.05 }, signals: { ...NOTHING, writeUnits: 100 } };
const usdOf = (items: readonly Item[], what: string) => totalUsd(items.filter((item) => item.what === what));

describe("the fixed bill", () => {
  const items = fixedItems(DEPLOYED, IDLE, 4);

  it("prices what is deployed", () => {
    expect(usdOf(items, "token key")).toBe(1);
    expect(usdOf(items, "vendors' client secrets")).toBeCloseTo(0.4, 9);
    expect(usdOf(items, "metrics read by alarms")).toBeCloseTo(0.3, 9);
    expect(usdOf(items, "metrics read by fast alarms")).toBeCloseTo(0.3, 9);
    expect(usdOf(items, "composite alarms")).toBe(0.5);
    expect(usdOf(items, "dashboards")).toBe(3);
    expect(usdOf(items, "custom metrics")).toBeCloseTo(1.2, 9);
  });

  it("prices a clock by its runs and what an idle run uses", () => {
    expect(usdOf(items, "ticks")).toBeCloseTo((43_800 + 1460) * 1e-6, 9);
    expect(usdOf(items, "idle optimiser")).toBeCloseTo(43_800 * (0.2e-6 + 0.05 * 0.0000133334), 9);
    expect(usdOf(items, "idle signals")).toBeCloseTo(1460 * 100 * 0.625e-6, 9);
  });

  it("knows what a waiting queue costs", () => {
    // Five pollers that ask three times a minute.
    expect(idleReceives(5)).toBe(657_000);
    expect(usdOf(items, "polls, 1 capped mappings")).toBeCloseTo(0.2628, 9);
    expect(usdOf(items, "polls, 1 uncapped mappings")).toBeCloseTo(0.10512, 9);
  });

  it("refuses a clock whose run nobody counted", () => {
    expect(() => fixedItems(DEPLOYED, { signals: IDLE.signals }, 0)).toThrow("optimiser");
  });

  it("has every item in exactly one service", () => {
    const byService = usdByService(items).reduce((sum, { usd }) => sum + usd, 0);
    expect(byService).toBeCloseTo(totalUsd(items), 9);
  });
});

const NIGHT: NightSpent = {
  assets: 10,
  hours: 12,
  usages: { plans: { ...NOTHING, writeUnits: 10 }, commands: { ...NOTHING, logBytes: 10 * 2 ** 30 } },
  commands: 20,
  looks: 10 * (48 + 3),
  eventBytes: 0,
  storedBytesPerAsset: 2 ** 30,
  metrics: new Map(),
};

describe("what an asset adds", () => {
  const look = { ...NOTHING, readUnits: 2 };
  const items = assetItems(DEPLOYED, { look, cadenceMinutes: 15, night: NIGHT });
  const days = 730 / 24;

  it("is its looks, those of the cadence and those that commands ask for", () => {
    expect(usdOf(items, "looks and their scheduling")).toBeCloseTo((2920 + 3 * days) * 2 * PRICES.usd.readUnit, 9);
  });

  it("is a night's work every day", () => {
    expect(usdOf(items, "plans")).toBeCloseTo(days * PRICES.usd.writeUnit, 9);
    expect(usdOf(items, "commands")).toBeCloseTo(days * PRICES.usd.logGb, 6);
  });

  it("is what is kept: logs as long as the stage says, tables twice", () => {
    expect(usdOf(items, "logs kept")).toBeCloseTo(14 * PRICES.usd.logStoredGb, 6);
    expect(usdOf(items, "tables")).toBeCloseTo(0.25, 9);
    expect(usdOf(items, "their backup")).toBeCloseTo(0.2, 9);
  });
});

describe("the tier that is always free", () => {
  it("takes off what was used, and no more than it gives", () => {
    const used = (unit: Item["unit"], amount: number): Item => ({ what: "", unit, amount });
    expect(freeUsd([used("alarmMetric", 4)])).toBeCloseTo(0.4, 9);
    expect(freeUsd([used("alarmMetric", 8), used("alarmMetric", 31)])).toBeCloseTo(1, 9);
    expect(freeUsd([used("secret", 5)])).toBe(0);
  });
});

describe("custom metrics", () => {
  const sent = (...list: CustomMetric[]) => new Map(list.map((metric) => [keyOf(metric), metric]));
  const lag = { name: "lag", dimensions: { service: "scheduler" } };

  it("are billed once for each integration that sends them", () => {
    const night = sent(
      lag,
      { name: "looks", dimensions: { service: "acorn", integration: "acorn" } },
      { name: "looks", dimensions: { service: "birch", integration: "birch" } },
      { name: "checked", dimensions: { service: "scheduler", integration: "birch" } },
    );
    const billed = (integrations: string[]) =>
      metricsBilled(sent(lag), night, { nightVendors: ["acorn", "birch"], integrations });
    expect(billed(["tesla"])).toBe(3);
    expect(billed(["easee", "solaredge", "tesla"])).toBe(7);
  });
});

describe("a vendor's own bill", () => {
  it("is every look and command with all its calls", () => {
    const manifest = aManifest({ callsPerLook: { state: 2, data: 1 }, callsPerCommand: { wake: 1 } });
    const usd = vendorUsd(manifest, { looks: 100, commands: 10 });
    expect(usd.looks).toBeCloseTo(100 * manifest.priceUsd.data, 9);
    expect(usd.commands).toBeCloseTo(10 * manifest.priceUsd.wake, 9);
  });
});

describe("npm run cost", () => {
  it("fits 80 columns", () => {
    const text = billText({
      ...{ stage: "prod", assets: 1_000_000, cadenceMinutes: 5 },
      fixed: fixedItems(DEPLOYED, IDLE, 100),
      each: assetItems(DEPLOYED, { look: { ...NOTHING, writeUnits: 9 }, cadenceMinutes: 5, night: NIGHT }),
      vendors: [{ name: "Viessmann", looksUsd: 1000, commandsUsd: 20.5, budgetUsd: undefined }],
      counted: { largestFleet: 4000, nightAssets: 30, nightHours: 11.25, commandsPerDay: 7.2, looksPerDay: 3.9 },
      bar: { what: "fixed", usd: 61, mostUsd: 60 },
    });
    expect(Math.max(...text.split("\n").map(({ length }) => length))).toBeLessThanOrEqual(80);
    expect(text).toContain("ABOVE fixed: $61.00, at most $60");
  });

  it.each([
    [["--assets", "-1"], "whole number from 0"],
    [["--cadence", "0"], "whole number from 1"],
    [["--cadence", "1.5"], "whole number from 1"],
    [["--stage", "test"], "there are dev and prod"],
    [["--fleet", "9"], "unknown option"],
    [["surplus"], "too many arguments"],
  ])("refuses %j", async (argv, words) => {
    let said = "";
    const err = { write: (text: string) => (said += text) };
    expect(await runCost(argv, { out: { write: () => expect.fail("printed a bill") }, err })).toBe(2);
    expect(said).toContain(words);
  });
});
