import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import {
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SetQueueAttributesCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { EVENT_SOURCE } from "../../shared/domain/events.ts";
import { type Deployed, named, ofType } from "./deployed.ts";
import type { Journal } from "./journal.ts";
import { must, until } from "./until.ts";

const events = new EventBridgeClient({});
const sqs = new SQSClient({});

/** A command that no integration can read is tried as often as the template says, and then kept for an operator. */
export async function checkPoison(stage: readonly Deployed[], integration: string, journal: Journal): Promise<void> {
  const { physicalId: EventBusName } = named(stage, "AWS::Events::EventBus", "Bus");
  const queue = named(stage, "AWS::SQS::Queue", `${integration}CommandsQueue`);
  const deadLetters = named(stage, "AWS::SQS::Queue", `${integration}CommandsDeadLetters`).physicalId;
  const { VisibilityTimeout, RedrivePolicy } = queue.properties;
  const setVisibility = (seconds: number) =>
    sqs.send(
      new SetQueueAttributesCommand({
        QueueUrl: queue.physicalId,
        Attributes: { VisibilityTimeout: String(seconds) },
      }),
    );
  await journal.check(
    `a poisoned command is in the dead-letter queue after ${RedrivePolicy.maxReceiveCount} tries`,
    async () => {
      // As deployed a message rests for minutes between two tries.
      await setVisibility(1);
      try {
        const Detail = JSON.stringify({ integration, poison: "deploy test" });
        const Entries = [{ EventBusName, Source: EVENT_SOURCE, DetailType: "CommandIssued", Detail }];
        const { FailedEntryCount } = await events.send(new PutEventsCommand({ Entries }));
        must(FailedEntryCount === 0, "the bus did not take it");
        await until("the dead letter", 90, async () => (await depth(deadLetters)) > 0);
        const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl: deadLetters }));
        must(/deploy test/.test(Messages[0]?.Body ?? ""), `the dead letter is another: ${Messages[0]?.Body}`);
      } finally {
        await setVisibility(VisibilityTimeout);
      }
    },
  );
}

/** All that was asked so far was done: every queue of failures and dead letters is empty. */
export async function checkNothingGivenUp(stage: readonly Deployed[], journal: Journal): Promise<void> {
  const queues = ofType(stage, "AWS::SQS::Queue").filter(({ logicalId }) => /Failures|DeadLetters/.test(logicalId));
  await journal.check(`${queues.length} queues of failures and dead letters are empty`, async () => {
    const full = await Promise.all(
      queues.map(async ({ logicalId, physicalId }) => ((await depth(physicalId)) > 0 ? [logicalId] : [])),
    );
    must(full.flat().length === 0, `there are messages in ${full.flat().join(", ")}`);
  });
}

async function depth(QueueUrl: string): Promise<number> {
  const AttributeNames = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"] as const;
  const { Attributes = {} } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: [...AttributeNames] }),
  );
  return AttributeNames.reduce((sum, name) => sum + Number(Attributes[name] ?? 0), 0);
}
