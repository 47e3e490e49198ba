import { BatchProcessor, EventType, processPartialResponse } from "@aws-lambda-powertools/batch";
import * as z from "zod";
import { EVENTS } from "../domain/events.ts";
import { BusRecord, parseBusRecord, type SqsBatch } from "../queue.ts";
import { runCommand } from "./command.ts";
import type { IntegrationDeps } from "./deps.ts";

/** The longest that SQS delays a message. */
const LONGEST_DELAY_SECONDS = 900;
const Issued = BusRecord("CommandIssued", EVENTS.CommandIssued);
/** How often a command has waited; what the bus wrote has none. */
const Waited = z.looseObject({ turn: z.number().int().nonnegative().default(0) });

/**
 * Carries out the commands of a batch, each alone. `again` puts a message back on the queue: waiting is not failing, so
 * that only what cannot be handled counts towards the dead-letter queue. Whatever doubles a message, one of its copies goes
 * on: a wait is written before it is sent, under the next turn, by the first that does; the others end there. Who dies
 * between both comes back as the same message and sends it.
 */
export async function runQueue(
  batch: SqsBatch,
  deps: IntegrationDeps,
  again: (body: string, delaySeconds: number) => Promise<void>,
) {
  return processPartialResponse(
    batch,
    async ({ messageId, body }: { messageId: string; body: string }) => {
      const { assetId, commandId } = parseBusRecord(Issued, body);
      const { turn, ...message } = Waited.parse(JSON.parse(body));
      const handled = await runCommand({ assetId, commandId }, deps);
      if (handled.done) return;
      if (!(await deps.commands.handOn({ assetId, commandId }, { turn, by: messageId }))) {
        deps.log.info("COMMAND_DUPLICATE", { commandId, turn });
        return;
      }
      const delaySeconds = Math.min(LONGEST_DELAY_SECONDS, Math.ceil(handled.retryAfterMs / 1000));
      await again(JSON.stringify({ ...message, turn: turn + 1 }), delaySeconds);
    },
    new BatchProcessor(EventType.SQS),
    { throwOnFullBatchFailure: false },
  );
}
