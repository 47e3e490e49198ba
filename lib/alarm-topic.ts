import { Topic } from "aws-cdk-lib/aws-sns";
import { EmailSubscription } from "aws-cdk-lib/aws-sns-subscriptions";
import type { Construct } from "constructs";
import { acknowledge } from "./acknowledge.ts";
import type { StageConfig } from "./stages.ts";

/** Where every alarm of a stage is told, both ways; the stage's address, if it has one, is subscribed. */
export function alarmTopic(scope: Construct, stage: StageConfig): Topic {
  const topic = new Topic(scope, "Alarms", { topicName: `headroom-${stage.name}-alarms`, enforceSSL: true });
  acknowledge(topic, "SNS2", "An alarm's text holds no personal data; CloudWatch cannot use the AWS-managed key.");
  if (stage.alarmEmail !== undefined) topic.addSubscription(new EmailSubscription(stage.alarmEmail));
  return topic;
}
