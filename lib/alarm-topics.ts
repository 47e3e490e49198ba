import { ArnFormat, Stack } from "aws-cdk-lib";
import { PolicyStatement, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Topic } from "aws-cdk-lib/aws-sns";
import { EmailSubscription } from "aws-cdk-lib/aws-sns-subscriptions";
import type { Construct } from "constructs";
import { acknowledge } from "./acknowledge.ts";
import type { StageConfig } from "./stages.ts";

/** A page wakes somebody now; a ticket is read on the next working day. */
export type AlarmKind = "page" | "ticket";

/** Where a stage's alarms are told: two topics, so that a pager can subscribe to pages alone. */
export type AlarmTopics = Readonly<Record<AlarmKind, Topic>>;

/** The stage's address, if it has one, is subscribed to both. */
export function alarmTopics(scope: Construct, stage: StageConfig): AlarmTopics {
  const topic = (id: string): Topic => {
    const topic = new Topic(scope, id, { topicName: `headroom-${stage.name}-${id.toLowerCase()}`, enforceSSL: true });
    acknowledge(
      topic,
      "AwsSolutions-SNS2",
      "An alarm's text holds no personal data; CloudWatch cannot use the AWS-managed key.",
    );
    // A topic with a policy of its own has lost the default one, under which the account's alarms may publish.
    const { account } = Stack.of(scope);
    const alarms = Stack.of(scope).formatArn({
      service: "cloudwatch",
      resource: "alarm",
      resourceName: `headroom-${stage.name}-*`,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
    mayPublish(topic, "cloudwatch.amazonaws.com", account, alarms);
    if (stage.alarmEmail !== undefined) topic.addSubscription(new EmailSubscription(stage.alarmEmail));
    return topic;
  };
  return { page: topic("Pages"), ticket: topic("Tickets") };
}

/** Lets an AWS service publish for one account and one pattern of its own resources. */
export function mayPublish(topic: Topic, service: string, account: string, sources: string): void {
  topic.addToResourcePolicy(
    new PolicyStatement({
      principals: [new ServicePrincipal(service)],
      actions: ["sns:Publish"],
      resources: [topic.topicArn],
      conditions: { StringEquals: { "aws:SourceAccount": account }, ArnLike: { "aws:SourceArn": sources } },
    }),
  );
}
