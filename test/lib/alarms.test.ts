import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { App, Stack } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { Metric, TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import { Topic } from "aws-cdk-lib/aws-sns";
import { beforeAll, describe, expect, it } from "vitest";
import { watchIntegration } from "../../lib/alarms/integration-alarms.ts";
import { houseAlarm, type Watch } from "../../lib/house-alarm.ts";
import { loadManifests } from "../../lib/manifests.ts";
import { METRICS, type MetricName } from "../../shared/domain/metric.ts";
import { type AlarmRow, alarmRows, monthlyUsd } from "./alarm-rows.ts";
import { aManifest, MANIFESTS, type Resource, resourcesOf, STAGE_NAMES, STAGES } from "./templates.ts";

const TEXT =
  /^(?<broken>.{10,}) First: (?<first>.{10,}) Runbook: (?<page>docs\/runbooks\/[a-z-]+\.md)#(?<section>[a-z-]+)\. Owner: [a-z-]+\. A (?<kind>page|ticket)\. Rings within \d+ min\.$/;

describe.each(STAGE_NAMES)("every alarm of %s", (stage) => {
  let resources: Record<string, Resource>;
  let rows: AlarmRow[];
  let told: AlarmRow[];
  beforeAll(async () => {
    resources = await resourcesOf(stage);
    rows = alarmRows(resources);
    const legs = new Set(rows.flatMap(({ legs = [] }) => legs));
    told = rows.filter(({ id }) => !legs.has(id));
  });

  it("says what broke, the first action, the runbook's section on it, an owner, its kind and how soon it rings", () => {
    for (const { name, text } of told) {
      const { page = "", section = "" } = TEXT.exec(text)?.groups ?? {};
      expect(page, `${name}: ${text}`).not.toBe("");
      const file = fileURLToPath(new URL(`../../${page}`, import.meta.url));
      expect(existsSync(file), page).toBe(true);
      expect(readFileSync(file, "utf8").split("\n"), `${name} in ${page}`).toContain(`## ${section}`);
      expect(name, `${page}#${section}`).toContain(section);
    }
  });

  it("is told to the topic of its kind when it rings and when it is over", () => {
    for (const { name, text, actions, okActions } of told) {
      expect(actions, name).toHaveLength(1);
      expect(okActions, name).toEqual(actions);
      const topic = JSON.stringify(actions[0]).includes("Pages") ? "page" : "ticket";
      expect(topic, name).toBe(TEXT.exec(text)?.groups?.kind);
    }
  });

  it("says what silence means", () => {
    for (const { name, missing, legs } of told.filter(({ legs }) => !legs)) {
      expect([name, missing, legs]).toEqual([name, expect.stringMatching(/^(notBreaching|breaching)$/), undefined]);
    }
  });

  it("has no action as a leg of a composite, and belongs to one", () => {
    for (const { id, name, text, actions, okActions, missing } of rows) {
      const parents = rows.filter(({ legs }) => legs?.includes(id));
      if (parents.length === 0) continue;
      expect(
        parents.map((parent) => `Part of ${parent.name}.`),
        name,
      ).toEqual([text]);
      expect([...actions, ...okActions], name).toEqual([]);
      expect(missing, name).toMatch(/^(notBreaching|ignore)$/);
    }
  });

  it("reads metrics that are sent, with the dimensions that they are sent with", () => {
    const services = new Set(["scheduler", "verifier", "optimiser", "signals", ...MANIFESTS.map(({ name }) => name)]);
    for (const { name: alarm, metrics } of rows) {
      for (const { namespace, name, dimensions } of metrics) {
        if (namespace !== "Headroom") continue;
        const known = METRICS[name as MetricName];
        expect(known, `${alarm} reads ${name}`).toBeDefined();
        expect(Object.keys(dimensions).sort(), `${alarm} reads ${name}`).toEqual([...known.dimensions].sort());
        if (dimensions.service !== undefined) expect(services).toContain(dimensions.service);
      }
    }
  });

  it("is held back, as a composite, by the one page of the vendor's outage", () => {
    for (const { name, suppressedBy } of rows.filter(({ legs }) => legs)) {
      const parent = rows.find(({ id }) => id === suppressedBy)?.name ?? "";
      expect(name.startsWith(parent.replace(/vendor-down$/, "")), `${name} by ${parent}`).toBe(true);
      expect(parent).toMatch(/-vendor-down$/);
    }
  });
});

function aWatch(stack: Stack, stage: Watch["stage"]): Watch {
  const topic = new Topic(stack, "Topic");
  return { stage, topics: { page: topic, ticket: topic }, part: "acme", owner: "us", runbook: "a.md" };
}

describe("the alarms", () => {
  const namesOf = async (stage: "dev" | "prod") =>
    alarmRows(await resourcesOf(stage)).map(({ name }) => name.replace(`headroom-${stage}-`, ""));

  /** Every `what` by its part, legs as the composite they belong to. */
  const listed = async (stage: "dev" | "prod") => {
    const parts = ["scheduler", "verifier", "optimiser", "signals", "platform", "acme-cars", "bolt"];
    const names = (await namesOf(stage)).filter((name) => !/-(5m|30m|1h|6h)$/.test(name));
    return Object.fromEntries(
      parts.flatMap((part) => {
        const whats = names.flatMap((name) => (name.startsWith(`${part}-`) ? [name.slice(part.length + 1)] : []));
        return whats.length > 0 ? [[part, whats.sort().join(", ")]] : [];
      }),
    );
  };

  it("of prod are these", async () => {
    expect(await listed("prod")).toMatchInlineSnapshot(`
      {
        "acme-cars": "blocked, commands-dead-letters, commands-dead-letters-old, errors, failures, failures-old, logins-lost, metrics-lost, money, not-confirmed, not-read, quarantined, throttled, unknown-commands, vendor-down, vendor-errors",
        "bolt": "blocked, commands-dead-letters, commands-dead-letters-old, errors, failures, failures-old, logins-lost, metrics-lost, money, not-confirmed, not-read, quarantined, throttled, unknown-commands, vendor-down, vendor-errors",
        "optimiser": "errors, failures, failures-old, given-up, metrics-lost, plans-stale, replan-dead-letters, replan-dead-letters-old, silent, throttled",
        "platform": "dynamodb-account-limit, dynamodb-hot-key, dynamodb-table-limit",
        "scheduler": "errors, failures, failures-old, lag, metrics-lost, rows-refused, silent, throttled",
        "signals": "carbon-stale, errors, failures, failures-old, metrics-lost, prices-stale, silent, throttled",
        "verifier": "errors, failures, failures-old, metrics-lost, silent, throttled, unjudged, verify-dead-letters, verify-dead-letters-old",
      }
    `);
  });

  it("of dev are those on errors, silence and work left undone", async () => {
    expect(await listed("dev")).toMatchInlineSnapshot(`
      {
        "acme-cars": "commands-dead-letters",
        "bolt": "commands-dead-letters",
        "optimiser": "replan-dead-letters, silent",
        "platform": "errors",
        "scheduler": "silent",
        "signals": "silent",
        "verifier": "silent, verify-dead-letters",
      }
    `);
  });

  it("burn in two pairs of windows each", async () => {
    const legs = (await namesOf("prod")).filter((name) => /^bolt-.*-(5m|30m|1h|6h)$/.test(name));
    expect(legs.sort().join(" ")).toMatchInlineSnapshot(
      `"bolt-not-confirmed-1h bolt-not-confirmed-30m bolt-not-confirmed-5m bolt-not-confirmed-6h bolt-not-read-1h bolt-not-read-30m bolt-not-read-5m bolt-not-read-6h"`,
    );
  });

  it("of all real integrations cost what they may", async () => {
    const manifests = await loadManifests();
    const cost = async (stage: "dev" | "prod") =>
      monthlyUsd(alarmRows(await resourcesOf(stage, STAGES[stage], manifests)));
    expect(await cost("prod")).toBeLessThanOrEqual(32);
    expect(await cost("dev")).toBeLessThanOrEqual(3);
  });

  it("on too many calls are only where one's calls are counted with another's", () => {
    const blocked = (scope: "device" | "account") => {
      const stack = new Stack(new App(), "Stack");
      watchIntegration(
        stack,
        aWatch(stack, STAGES.prod),
        aManifest({ rateLimits: [{ scope, calls: 10, perMinutes: 1 }] }),
        100,
      );
      const names = alarmRows(Template.fromStack(stack).toJSON().Resources).map(({ name }) => name);
      return names.filter((name) => name.endsWith("-blocked"));
    };
    expect(blocked("device")).toEqual([]);
    expect(blocked("account")).toEqual(["headroom-prod-acme-blocked"]);
  });

  it("on money are only where the vendor bills calls", async () => {
    const free = MANIFESTS.map((manifest) => ({ ...manifest, priceUsd: { state: 0, data: 0, command: 0, wake: 0 } }));
    const names = alarmRows(await resourcesOf("prod", STAGES.prod, free)).map(({ name }) => name);
    expect(names.filter((name) => name.endsWith("-money"))).toEqual([]);
  });
});

describe("the burn rate", () => {
  it("is that of the SRE workbook, in percent of what the objective allows", async () => {
    const resources = Object.values(await resourcesOf("prod"));
    const leg = (what: string) => {
      const { Properties } =
        resources.find(({ Properties }) => Properties?.AlarmName === `headroom-prod-bolt-${what}`) ?? {};
      const { Expression, Period } = Properties.Metrics.find(({ Expression }: { Expression?: string }) => Expression);
      const periods = Properties.Metrics.flatMap(
        ({ MetricStat }: { MetricStat?: { Period: number } }) => MetricStat?.Period ?? [],
      );
      return [Properties.Threshold, new Set([Period, ...periods].filter(Boolean)), Expression];
    };
    const bad = "IF(FILL(lag, 0) >= 300, 0, (FILL(notRead, 0) + FILL(unseen, 0)))";
    const all = "(FILL(checked, 0) + FILL(unseen, 0))";
    const longLeg = `IF((${all}) >= 10, 100 * (${bad}) / (${all}), 0)`;
    expect(["1h", "5m", "6h", "30m"].map((window) => leg(`not-read-${window}`))).toEqual([
      [14.4, new Set([3600]), longLeg],
      [14.4, new Set([300]), `100 * (${bad}) / (${all})`],
      [6, new Set([21_600]), longLeg],
      [6, new Set([1800]), `100 * (${bad}) / (${all})`],
    ]);
    expect(["1h", "6h"].map((window) => leg(`not-confirmed-${window}`)[0])).toEqual([43.2, 18]);
  });
});

describe("an alarm", () => {
  it("is refused when nobody could read all of it", () => {
    const stack = new Stack(new App(), "Stack");
    const watch = aWatch(stack, STAGES.dev);
    const alarm = (broken: string) =>
      houseAlarm(stack, broken.slice(0, 5), watch, {
        what: "errors",
        broken,
        firstAction: "look.",
        kind: "ticket",
        withinMinutes: 5,
        metric: new Metric({ namespace: "n", metricName: "m" }),
        when: { atLeast: 1 },
        periods: { breaching: 1, of: 1 },
        missing: TreatMissingData.BREACHING,
      });
    expect(() => alarm("fine")).not.toThrow();
    expect(() => alarm("endless ".repeat(200))).toThrow(/too long/);
  });
});
