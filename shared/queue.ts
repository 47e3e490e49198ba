import * as z from "zod";
import type { Log } from "./log.ts";

/** The part of an SQS event that we use. */
export const SqsBatch = z.looseObject({
  Records: z.array(z.looseObject({ messageId: z.string(), receiptHandle: z.string(), body: z.string() })).min(1),
});
export type SqsBatch = z.infer<typeof SqsBatch>;

/** An EventBridge event of one type as a rule puts it on a queue; resolves to its detail. */
export function BusRecord<T>(name: string, detail: z.ZodType<T>) {
  return z.looseObject({ "detail-type": z.literal(name), detail }).transform((event) => event.detail);
}

/** Parses the body of a queue record that a rule wrote. Throws naming the first field at fault. */
export function parseBusRecord<T>(schema: z.ZodType<T>, body: string): T {
  const parsed = schema.safeParse(JSON.parse(body));
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new Error(`queue record does not fit its schema: ${issue?.path.join(".") || "(root)"}: ${issue?.message}`);
}

/**
 * Parses every record alone: one that does not fit stays on the queue (and ends on its dead-letter queue), the others go
 * on. Returns the details and AWS's partial batch response.
 */
export function parseRecords<T>(batch: SqsBatch | undefined, schema: z.ZodType<T>, log: Log) {
  const parsed: T[] = [];
  const batchItemFailures: { itemIdentifier: string }[] = [];
  for (const record of batch?.Records ?? []) {
    try {
      parsed.push(parseBusRecord(schema, record.body));
    } catch (error) {
      log.error("RECORD_REFUSED", error, { messageId: record.messageId });
      batchItemFailures.push({ itemIdentifier: record.messageId });
    }
  }
  return { parsed, batchItemFailures };
}
