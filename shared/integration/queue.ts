import { BatchProcessor, EventType, processPartialResponse } from "@aws-lambda-powertools/batch";
import { EVENTS } from "../domain/events.ts";
import { BusRecord, parseBusRecord, type SqsBatch } from "../queue.ts";
import { runCommand } from "./command.ts";
import type { IntegrationDeps } from "./deps.ts";

/** The longest that SQS delays a message. */
const LONGEST_DELAY_SECONDS = 900;
const Issued = BusRecord("CommandIssued", EVENTS.CommandIssued);

/**
 * Carries out the commands of a batch, each alone. `again` puts a message back on the queue: waiting is not failing, so
 * that only what cannot be handled counts towards the dead-letter queue.
 */
export async function runQueue(
  batch: SqsBatch,
  deps: IntegrationDeps,
  again: (body: string, delaySeconds: number) => Promise<void>,
) {
  return processPartialResponse(
    batch,
    async (record: { body: string }) => {
      const { assetId, commandId } = parseBusRecord(Issued, record.body);
      const handled = await runCommand({ assetId, commandId }, deps);
      if (!handled.done)
        await again(record.body, Math.min(LONGEST_DELAY_SECONDS, Math.ceil(handled.retryAfterMs / 1000)));
    },
    new BatchProcessor(EventType.SQS),
    { throwOnFullBatchFailure: false },
  );
}
