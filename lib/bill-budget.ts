import { Stack } from "aws-cdk-lib";
import { CfnBudget } from "aws-cdk-lib/aws-budgets";
import type { Topic } from "aws-cdk-lib/aws-sns";
import type { Construct } from "constructs";
import { mayPublish } from "./alarm-topics.ts";
import type { StageConfig } from "./stages.ts";

/**
 * Tells when AWS will cost too much this month. It counts the whole account, since cost tags count only after somebody
 * activated them: two stages in one account are both in both budgets.
 */
export function billBudget(scope: Construct, stage: StageConfig, tickets: Topic): void {
  const { account, partition } = Stack.of(scope);
  mayPublish(tickets, "budgets.amazonaws.com", account, `arn:${partition}:budgets::${account}:*`);
  const when = (
    notificationType: "ACTUAL" | "FORECASTED",
    threshold: number,
  ): CfnBudget.NotificationWithSubscribersProperty => ({
    notification: { notificationType, comparisonOperator: "GREATER_THAN", threshold, thresholdType: "PERCENTAGE" },
    subscribers: [{ subscriptionType: "SNS", address: tickets.topicArn }],
  });
  const budget = new CfnBudget(scope, "BillBudget", {
    budget: {
      budgetName: `headroom-${stage.name}-bill`,
      budgetType: "COST",
      timeUnit: "MONTHLY",
      budgetLimit: { amount: stage.monthlyBudgetUsd, unit: "USD" },
    },
    notificationsWithSubscribers: [when("FORECASTED", 80), when("ACTUAL", 100)],
  });
  // Budgets tries the topic when it is made.
  budget.node.addDependency(tickets);
}
