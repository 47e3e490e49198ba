import { CloudWatchClient, DescribeAlarmsCommand, type DescribeAlarmsOutput } from "@aws-sdk/client-cloudwatch";
import { App, Stack } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { Metric, TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import { Topic } from "aws-cdk-lib/aws-sns";
import { mockClient } from "aws-sdk-client-mock";
import { describe, expect, it } from "vitest";
import { houseAlarm } from "../../lib/house-alarm.ts";
import { stagesFrom } from "../../lib/stages.ts";
import { alarmsText, ringingAlarms } from "../../local/ops/alarms.ts";
import { parseInstant } from "../../shared/domain/instant.ts";
import { fakePlatform, runOps } from "./ops-world.ts";

const TOPIC = "arn:aws:sns:eu-west-2:1:headroom-prod-pages";
const NOW = parseInstant("2026-11-20T18:00:00Z");

/** An alarm's text as it is deployed. */
function text(kind: "page" | "ticket", what: string): string {
  const stack = new Stack(new App(), "Stack");
  const topic = new Topic(stack, "Topic");
  const watch = { topics: { page: topic, ticket: topic }, part: "acme", owner: "us", runbook: "docs/runbooks/a.md" };
  houseAlarm(
    stack,
    "Alarm",
    { ...watch, stage: stagesFrom({}).prod },
    {
      what,
      broken: `No car is read: ${what}.`,
      firstAction: "look twice. Then act.",
      kind,
      withinMinutes: 5,
      metric: new Metric({ namespace: "n", metricName: "m" }),
      when: { atLeast: 1 },
      periods: { breaching: 1, of: 1 },
      missing: TreatMissingData.BREACHING,
    },
  );
  return Object.values(Template.fromStack(stack).findResources("AWS::CloudWatch::Alarm"))[0]?.Properties
    .AlarmDescription;
}

function answering(...pages: DescribeAlarmsOutput[]) {
  const client = new CloudWatchClient({ region: "eu-west-2" });
  const aws = mockClient(client);
  pages.forEach((page, index) => {
    const NextToken = index + 1 < pages.length ? `page ${index + 1}` : undefined;
    const asked = { AlarmNamePrefix: "headroom-prod-", StateValue: "ALARM" as const };
    aws
      .on(DescribeAlarmsCommand, { ...asked, ...(index > 0 && { NextToken: `page ${index}` }) })
      .resolves({ ...page, ...(NextToken && { NextToken }) });
  });
  return client;
}

describe("the alarms that ring", () => {
  const client = () =>
    answering(
      {
        MetricAlarms: [
          {
            AlarmName: "headroom-prod-acme-failures-old",
            AlarmDescription: text("ticket", "failures-old"),
            AlarmActions: [TOPIC],
            StateTransitionedTimestamp: new Date("2026-11-18T17:00:00Z"),
          },
          {
            AlarmName: "headroom-prod-acme-not-read-1h",
            AlarmDescription: "Part of headroom-prod-acme-not-read.",
            StateTransitionedTimestamp: new Date("2026-11-20T17:00:00Z"),
          },
        ],
      },
      {
        CompositeAlarms: [
          {
            AlarmName: "headroom-prod-acme-not-read",
            AlarmDescription: text("page", "not-read"),
            AlarmActions: [TOPIC],
            ActionsSuppressedBy: "Alarm",
            StateTransitionedTimestamp: new Date("2026-11-20T17:20:00Z"),
          },
        ],
        MetricAlarms: [
          {
            AlarmName: "headroom-prod-by-hand",
            AlarmDescription: "Somebody made this.",
            AlarmActions: [TOPIC],
            StateUpdatedTimestamp: new Date("2026-11-20T17:50:00Z"),
          },
        ],
      },
    );

  it("are told pages first, with the first action, and those that nobody acts on", async () => {
    expect(alarmsText(await ringingAlarms(client(), "headroom-prod-"), NOW, "stage prod")).toMatchInlineSnapshot(`
      "3 alarms ring on stage prod, times in UTC

      acme-not-read
        since       Fri 20 Nov 17:20, 40 min ago
        kind        page, held back: its cause rings
        broken      No car is read: not-read.
        first       look twice. Then act.
        runbook     docs/runbooks/a.md#not-read

      by-hand
        since       Fri 20 Nov 17:50, 10 min ago
        kind        not told
        broken      Somebody made this.

      acme-failures-old
        since       Wed 18 Nov 17:00, 2 d 1 h ago
        kind        ticket
        broken      No car is read: failures-old.
        first       look twice. Then act.
        runbook     docs/runbooks/a.md#failures-old

      For more than a day: acme-failures-old. Nobody acts on these: mend the cause or
                           the alarm."
    `);
  });

  it("fit a terminal", async () => {
    const lines = alarmsText(await ringingAlarms(client(), "headroom-prod-"), NOW, "stage prod").split("\n");
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
  });

  it("are none when all is well", async () => {
    expect(alarmsText(await ringingAlarms(answering({}), "headroom-prod-"), NOW, "stage prod")).toBe(
      "No alarm rings on stage prod.",
    );
  });

  it("are for scripts too", async () => {
    const { target } = fakePlatform();
    const alarms = await ringingAlarms(client(), "headroom-prod-");
    const connection = { ...target.connection, ringingAlarms: async () => alarms };
    const { code, out } = await runOps(["alarms", "--json"], { ...target, connection });
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual(alarms);
  });
});
