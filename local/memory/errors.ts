import {
  ConditionalCheckFailedException,
  DynamoDBServiceException,
  ProvisionedThroughputExceededException,
  ResourceNotFoundException,
  TransactionCanceledException,
} from "@aws-sdk/client-dynamodb";

/** An item in DynamoDB's own form, as errors carry it: the document client does not convert them. */
export type Attributes = Record<string, Record<string, unknown>>;

const $metadata = {};

/** What this memory does not imitate, named, so that no test passes on a guess. */
export function unsupported(what: string): Error {
  return new Error(`The in-memory DynamoDB does not support ${what}: extend local/memory or write it another way`);
}

export function validation(message: string): DynamoDBServiceException {
  return new DynamoDBServiceException({ name: "ValidationException", $fault: "client", message, $metadata });
}

export function unknownTable(name: string): ResourceNotFoundException {
  return new ResourceNotFoundException({
    message: `Requested resource not found: Table: ${name} not found`,
    $metadata,
  });
}

/** `item` is the item that failed the condition, when the command asked for it. */
export function conditionFailed(item?: Attributes): ConditionalCheckFailedException {
  return new ConditionalCheckFailedException({
    message: "The conditional request failed",
    ...(item && { Item: item as never }),
    $metadata,
  });
}

/** Why one write of a transaction did not happen; `None` for those that were not at fault. */
export type CancellationReason = { Code: string; Message?: string; Item?: Attributes };

export function transactionCancelled(reasons: readonly CancellationReason[]): TransactionCanceledException {
  return new TransactionCanceledException({
    message: `Transaction cancelled, please refer cancellation reasons for specific reasons [${reasons.map(({ Code }) => Code).join(", ")}]`,
    CancellationReasons: reasons.map(({ Code, Message, Item }) => ({
      Code,
      ...(Message !== undefined && { Message }),
      ...(Item && { Item: Item as never }),
    })),
    $metadata,
  });
}

/** What a hook throws when a table or an index has no room, as DynamoDB says it: `TableWriteKeyRangeThroughputExceeded`. */
export function throttled(reason: string, resource: string): ProvisionedThroughputExceededException {
  return new ProvisionedThroughputExceededException({
    message: `Throughput exceeds the current capacity of ${resource}`,
    ThrottlingReasons: [{ reason, resource }],
    $metadata,
  });
}
