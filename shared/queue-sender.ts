/** Puts a text on a queue; it is delivered after `delaySeconds`, at most 900. Without it the queue's own delay holds. */
export type Send = (body: string, delaySeconds?: number) => Promise<void>;

/**
 * A sender to one queue. The SDK's client is loaded with the first message, for most processes never send one: what waits
 * or is left over goes on a queue, and that is the exception.
 */
export function queueSender(queueUrl: string | undefined): Send {
  let loading: Promise<Send> | undefined;
  return async (body, delaySeconds) => {
    loading ??= load(queueUrl);
    return (await loading)(body, delaySeconds);
  };
}

async function load(queueUrl: string | undefined): Promise<Send> {
  const { SendMessageCommand, SQSClient } = await import("@aws-sdk/client-sqs");
  const client = new SQSClient();
  return async (body, delaySeconds) => {
    await client.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: body, DelaySeconds: delaySeconds }));
  };
}
