/**
 * Stands in for DynamoDB's client in bundled workers, where nothing is sent anywhere: the real commands build a stack of
 * middleware each, and loading them takes a second. Only names and fields are the same; a night must be too.
 */
class Command<Input> {
  readonly input: Input;

  constructor(input: Input) {
    this.input = input;
  }
}

export class GetCommand extends Command<object> {}
export class PutCommand extends Command<object> {}
export class UpdateCommand extends Command<object> {}
export class DeleteCommand extends Command<object> {}
export class QueryCommand extends Command<object> {}
export class BatchGetCommand extends Command<object> {}
export class BatchWriteCommand extends Command<object> {}
export class TransactWriteCommand extends Command<object> {}

export class DynamoDBClient {}
export class DynamoDBDocumentClient {}

export class DynamoDBServiceException extends Error {
  constructor({ message, ...fields }: { message: string }) {
    // A refused condition is an answer like others: nobody asks where in the code it came from.
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super(message);
    Error.stackTraceLimit = stackTraceLimit;
    Object.assign(this, fields);
  }
}
export class ConditionalCheckFailedException extends DynamoDBServiceException {
  override name = "ConditionalCheckFailedException";
}
export class TransactionCanceledException extends DynamoDBServiceException {
  override name = "TransactionCanceledException";
}
export class ProvisionedThroughputExceededException extends DynamoDBServiceException {
  override name = "ProvisionedThroughputExceededException";
}
export class ResourceNotFoundException extends DynamoDBServiceException {
  override name = "ResourceNotFoundException";
}
