import type { VirtualClock } from "./clock.ts";
import type { AwsMetrics } from "./cloudwatch/aws-metrics.ts";
import type { QueueWithPolicies } from "./gateway/event-bus.ts";
import type { Ids } from "./gateway/ids.ts";
import { compileQueuePolicy } from "./gateway/queue-policy.ts";
import { Queue } from "./gateway/queues.ts";
import type { Model } from "./model.ts";
import { refusing, unsupported } from "./unsupported.ts";

/** The stage's queues by ARN, with their policies and dead-letter queues. */
export function wireQueues(
  model: Model,
  clock: VirtualClock,
  ids: Ids,
  metrics: AwsMetrics,
): Map<string, QueueWithPolicies> {
  const queues = new Map<string, QueueWithPolicies>();
  for (const { ref, attributes, properties } of model.of("AWS::SQS::Queue")) {
    const queue = new Queue(
      {
        name: attributes.QueueName as string,
        arn: attributes.Arn as string,
        url: ref,
        visibilityTimeoutSeconds: properties.VisibilityTimeout,
        delaySeconds: properties.DelaySeconds,
        retentionSeconds: properties.MessageRetentionPeriod,
        maximumMessageBytes: properties.MaximumMessageSize,
      },
      clock,
      ids,
      metrics,
    );
    queues.set(queue.settings.arn, { queue, policies: [] });
  }
  for (const resource of model.of("AWS::SQS::Queue")) {
    const policy = resource.properties.RedrivePolicy;
    const queue = queues.get(resource.attributes.Arn as string)?.queue;
    if (!policy || !queue) continue;
    const to = queues.get(policy.deadLetterTargetArn)?.queue;
    if (!to) throw unsupported(resource, `its dead-letter queue ${policy.deadLetterTargetArn} is not in this stage`);
    queue.redrive = { to, maxReceiveCount: policy.maxReceiveCount };
  }
  for (const resource of model.of("AWS::SQS::QueuePolicy")) {
    const policy = refusing(resource, () => compileQueuePolicy(resource.properties.PolicyDocument));
    for (const { queue, policies } of queues.values()) {
      if (resource.properties.Queues.includes(queue.settings.url)) policies.push(policy);
    }
  }
  return queues;
}
