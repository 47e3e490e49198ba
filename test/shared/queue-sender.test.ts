import { SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { mockClient } from "aws-sdk-client-mock";
import { expect, it } from "vitest";
import { queueSender } from "../../shared/queue-sender.ts";

it("a sender puts each text on its queue, with the delay that is asked for or the queue's own", async () => {
  const sqs = mockClient(SQSClient);
  const send = queueSender("https://queue.example/one");
  await Promise.all([send("first"), send("second", 30)]);
  const sent = sqs.commandCalls(SendMessageCommand).map(({ args }) => args[0].input);
  expect(sent).toEqual([
    { QueueUrl: "https://queue.example/one", MessageBody: "first", DelaySeconds: undefined },
    { QueueUrl: "https://queue.example/one", MessageBody: "second", DelaySeconds: 30 },
  ]);
  sqs.restore();
});
