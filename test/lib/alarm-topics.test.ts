import { describe, expect, it } from "vitest";
import { idIn, ofType, type Resource, resourcesOf, STAGES } from "./templates.ts";

type Statement = {
  Effect: string;
  Principal: { Service?: string };
  Action: string;
  Resource: object;
  Condition: object;
};

function policyOf(resources: Record<string, Resource>, name: string): Statement[] {
  const topic = ofType(resources, "AWS::SNS::Topic").find(([, { Properties }]) => Properties.TopicName === name)?.[0];
  const policies = ofType(resources, "AWS::SNS::TopicPolicy").filter(([, { Properties }]) =>
    Properties.Topics.some((one: object) => idIn(one) === topic),
  );
  expect(policies, name).toHaveLength(1);
  return policies[0]?.[1].Properties.PolicyDocument.Statement;
}

const ACCOUNT = { StringEquals: { "aws:SourceAccount": { Ref: "AWS::AccountId" } } };

describe("a stage's topics", () => {
  it.each(["pages", "tickets"])("let the stage's own alarms publish %s, and nobody without TLS", async (kind) => {
    const statements = policyOf(await resourcesOf("dev"), `headroom-dev-${kind}`);
    const alarms = statements.filter(({ Principal }) => Principal.Service === "cloudwatch.amazonaws.com");
    expect(alarms).toMatchObject([{ Effect: "Allow", Action: "sns:Publish", Condition: ACCOUNT }]);
    expect(JSON.stringify(alarms[0]?.Condition)).toContain(":alarm:headroom-dev-*");
    expect(statements).toContainEqual(
      expect.objectContaining({ Effect: "Deny", Condition: { Bool: { "aws:SecureTransport": "false" } } }),
    );
  });

  it("have its address as a subscriber, and none without one", async () => {
    const { dev } = STAGES;
    expect(dev.alarmEmail).toBeUndefined();
    expect(ofType(await resourcesOf("dev"), "AWS::SNS::Subscription")).toEqual([]);
    const told = await resourcesOf("dev", { ...dev, alarmEmail: "ops@example.org" });
    const subscriptions = ofType(told, "AWS::SNS::Subscription").map(([, { Properties }]) => Properties);
    expect(subscriptions.map(({ Protocol, Endpoint }) => `${Protocol} ${Endpoint}`)).toEqual([
      "email ops@example.org",
      "email ops@example.org",
    ]);
    expect(new Set(subscriptions.map(({ TopicArn }) => idIn(TopicArn))).size).toBe(2);
  });
});

describe("AWS's bill", () => {
  it.each(["dev", "prod"] as const)("of %s is a ticket before it is too much", async (stage) => {
    const resources = await resourcesOf(stage);
    const tickets = ofType(resources, "AWS::SNS::Topic").find(
      ([, { Properties }]) => Properties.TopicName === `headroom-${stage}-tickets`,
    )?.[0];
    const subscribers = [{ SubscriptionType: "SNS", Address: { Ref: tickets } }];
    expect(ofType(resources, "AWS::Budgets::Budget").map(([, { Properties }]) => Properties)).toMatchObject([
      {
        Budget: { TimeUnit: "MONTHLY", BudgetLimit: { Amount: STAGES[stage].monthlyBudgetUsd, Unit: "USD" } },
        NotificationsWithSubscribers: [
          { Notification: { NotificationType: "FORECASTED", Threshold: 80 }, Subscribers: subscribers },
          { Notification: { NotificationType: "ACTUAL", Threshold: 100 }, Subscribers: subscribers },
        ],
      },
    ]);
    const allowed = policyOf(resources, `headroom-${stage}-tickets`).filter(
      ({ Principal }) => Principal.Service === "budgets.amazonaws.com",
    );
    expect(allowed).toMatchObject([{ Effect: "Allow", Action: "sns:Publish", Condition: ACCOUNT }]);
    const pages = policyOf(resources, `headroom-${stage}-pages`);
    expect(pages.some(({ Principal }) => Principal.Service === "budgets.amazonaws.com")).toBe(false);
  });
});
