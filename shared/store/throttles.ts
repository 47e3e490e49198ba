import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import * as z from "zod";
import type { ThrottleReason } from "../domain/metric.ts";
import type { Meter } from "../metrics.ts";

const Reasons = z.array(z.looseObject({ reason: z.string().optional() })).optional();
/** The exceptions' shapes differ in a letter's case. */
const Throttled = z.looseObject({
  name: z.enum(["ThrottlingException", "ProvisionedThroughputExceededException", "RequestLimitExceeded"]),
  throttlingReasons: Reasons,
  ThrottlingReasons: Reasons,
});
const Cancelled = z.looseObject({
  name: z.literal("TransactionCanceledException"),
  CancellationReasons: z.array(z.looseObject({ Code: z.string().optional() })),
});

/** By the end of DynamoDB's `ResourceType+OperationType+LimitType`. */
const LIMITS: readonly [string, ThrottleReason][] = [
  ["KeyRangeThroughputExceeded", "hot-key"],
  ["AccountLimitExceeded", "account-limit"],
  ["MaxOnDemandThroughputExceeded", "table-limit"],
  ["ProvisionedThroughputExceeded", "table-limit"],
];

/** Why DynamoDB throttled, each reason once; empty for every other error. */
function throttleReasons(error: unknown): ThrottleReason[] {
  const throttled = Throttled.safeParse(error).data;
  if (throttled) {
    const told = [...(throttled.throttlingReasons ?? []), ...(throttled.ThrottlingReasons ?? [])];
    const found = told.map(({ reason }) => LIMITS.find(([end]) => reason?.endsWith(end))?.[1] ?? "other");
    return found.length > 0 ? [...new Set(found)] : ["other"];
  }
  const codes = Cancelled.safeParse(error).data?.CancellationReasons.map(({ Code }) => Code) ?? [];
  return codes.includes("ThrottlingError") || codes.includes("ProvisionedThroughputExceeded") ? ["other"] : [];
}

/** Counts each attempt that is throttled, those that the client itself repeats too. */
export function countThrottles(client: DynamoDBClient, meter: Meter): void {
  client.middlewareStack.add(
    (next) => async (given) => {
      try {
        return await next(given);
      } catch (error) {
        for (const reason of throttleReasons(error)) meter.of({ reason }).add("dynamodb_throttles");
        throw error;
      }
    },
    // Inside of what repeats an attempt.
    { name: "countThrottles", step: "finalizeRequest", priority: "low" },
  );
}
