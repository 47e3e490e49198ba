import { Topic } from "aws-cdk-lib/aws-sns";
import { Construct } from "constructs";
import { expect, it } from "vitest";
import { watchIntegration } from "../../../lib/alarms/integration-alarms.ts";
import { standsFor } from "../../../local/alarm-matrix/stands-for.ts";
import { aManifest, STAGES } from "../../lib/templates.ts";
import { alarmsIn } from "../cloudwatch/alarms-world.ts";

const ALARMS = alarmsIn((stack) => {
  const topics = { page: new Topic(stack, "Pages"), ticket: new Topic(stack, "Tickets") };
  for (const part of ["acme", "bolt"]) {
    const watch = { stage: STAGES.prod, topics, part, owner: "us", runbook: "docs/runbooks/a.md" };
    watchIntegration(new Construct(stack, part), watch, aManifest({ name: part }), 100);
  }
});
const short = (name: string) => name.replace("headroom-prod-", "");
const PLAYED = new Set(["acme-not-read", "acme-not-confirmed", "acme-quarantined"]);

it("stands for an alarm that is the same but for its part", () => {
  expect(Object.fromEntries(standsFor(ALARMS, PLAYED, short))).toEqual({
    "bolt-not-read": "acme-not-read",
    "bolt-not-confirmed": "acme-not-confirmed",
    "bolt-quarantined": "acme-quarantined",
  });
});

it.each(["bolt-quarantined", "bolt-not-read-5m"])("does not where %s breaches otherwise", (other) => {
  const changed = ALARMS.map((alarm) =>
    short(alarm.name) === other && alarm.kind === "metric" ? { ...alarm, comparison: "less than 7" } : alarm,
  );
  const standing = standsFor(changed, PLAYED, short);
  expect(standing.get(other.replace("-5m", ""))).toBeUndefined();
  expect(standing.size).toBe(2);
});
