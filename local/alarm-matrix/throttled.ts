import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { ThrottleReason } from "../../shared/domain/metric.ts";
import type { Meter } from "../../shared/metrics.ts";
import { countThrottles } from "../../shared/store/throttles.ts";

const REASONS: Record<ThrottleReason, string> = {
  "hot-key": "TableReadKeyRangeThroughputExceeded",
  "account-limit": "TableReadAccountLimitExceeded",
  "table-limit": "TableReadMaxOnDemandThroughputExceeded",
  other: "TableReadUnheardOf",
};

type Attempt = (given: unknown) => Promise<unknown>;

/** One attempt, through what counts throttles in the real client, that DynamoDB answers with one. */
export async function throttledOnce(reason: ThrottleReason, meter: Meter): Promise<void> {
  let counts: ((next: Attempt) => Attempt) | undefined;
  const add = (middleware: (next: Attempt) => Attempt) => {
    counts = middleware;
  };
  countThrottles({ middlewareStack: { add } } as unknown as DynamoDBClient, meter);
  const refused: Attempt = async () => {
    const throttlingReasons = [{ reason: REASONS[reason], resource: "a-table" }];
    throw Object.assign(new Error("throttled"), { name: "ThrottlingException", throttlingReasons });
  };
  // The client asks again, and is answered.
  await counts?.(refused)({}).catch(() => {});
}
