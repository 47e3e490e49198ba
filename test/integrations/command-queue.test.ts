import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { plusMs } from "../../shared/domain/instant.ts";
import { runQueue } from "../../shared/integration/queue.ts";
import { anIntegration, aStart, TWO } from "./job-bench.ts";

const HOUR_MS = 3_600_000;
/** Where a worker may die while it hands a waiting command on. */
const DEATHS = ["before the write", "after the write", "before the send", "after the send"] as const;
type Death = (typeof DEATHS)[number];
type Message = { id: string; body: string };

/** A command that waits for its moment, far ahead, and its messages on a queue. */
async function aWaitingCommand() {
  const command = aStart({ notBefore: plusMs(TWO, 10 * HOUR_MS), notAfter: plusMs(TWO, 12 * HOUR_MS) });
  const { deps, commands } = anIntegration({ commands: [command] });
  const { assetId, commandId, integration, action, notAfter } = command;
  const detail = {
    version: 1,
    eventId: "event-0001",
    occurredAt: TWO,
    assetId,
    commandId,
    integration,
    action,
    notAfter,
  };
  const body = JSON.stringify({ source: "headroom", "detail-type": "CommandIssued", detail });
  let [sent, messages] = [0, [] as Message[]];
  const send = (one: string) => {
    sent += 1;
    messages.push({ id: `message-${sent}`, body: one });
  };
  /** Delivers a message; it is deleted when it was handled, unless that is lost. */
  const deliver = async (
    message: Message,
    { death, isDeleted = true }: { death?: Death; isDeleted?: boolean } = {},
  ) => {
    const dies = (moment: Death) => {
      if (death === moment) throw new Error(moment);
    };
    const handOn: typeof commands.handOn = async (...given) => {
      dies("before the write");
      const answer = await commands.handOn(...given);
      dies("after the write");
      return answer;
    };
    const event = { Records: [{ messageId: message.id, receiptHandle: "", body: message.body }] };
    const { batchItemFailures } = await runQueue(
      event,
      { ...deps, commands: { ...commands, handOn } },
      async (again) => {
        dies("before the send");
        send(again);
        dies("after the send");
      },
    );
    if (batchItemFailures.length === 0 && isDeleted) messages = messages.filter(({ id }) => id !== message.id);
  };
  return { send: () => send(body), deliver, command, waiting: () => [...messages] };
}

describe("the messages of a command that waits", () => {
  it("go on as one, under the next turn, and keep what the bus wrote", async () => {
    const { send, deliver, waiting, command } = await aWaitingCommand();
    send();
    send();
    for (const message of waiting()) await deliver(message);
    expect(waiting().map(({ body }) => JSON.parse(body))).toMatchObject([
      { turn: 1, "detail-type": "CommandIssued", detail: { commandId: command.commandId } },
    ]);
  });

  it.each(DEATHS)("are not lost when their worker dies %s", async (death) => {
    const { send, deliver, waiting } = await aWaitingCommand();
    send();
    for (const message of waiting()) await deliver(message, { death });
    expect(waiting().length).toBeGreaterThan(0);
    for (let round = 1; round <= 2; round++) for (const message of waiting()) await deliver(message);
    expect(waiting()).toHaveLength(1);
  });

  it("collapse into one whatever doubles them, and are never none, whatever dies", async () => {
    const aDelivery = fc.record({
      which: fc.nat(),
      times: fc.integer({ min: 1, max: 3 }),
      death: fc.option(fc.constantFrom(...DEATHS), { nil: undefined }),
      isDeleted: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 3 }),
        fc.array(aDelivery, { maxLength: 15 }),
        async (copies, deliveries) => {
          const { send, deliver, waiting } = await aWaitingCommand();
          for (let copy = 0; copy < copies; copy++) send();
          for (const { which, times, death, isDeleted } of deliveries) {
            const message = waiting()[which % waiting().length] ?? expect.fail("lost");
            const faults = { isDeleted, ...(death && { death }) };
            await Promise.all(Array.from({ length: times }, () => deliver(message, faults)));
            expect(waiting().length).toBeGreaterThan(0);
          }
          for (let round = 1; round <= 2; round++) for (const message of waiting()) await deliver(message);
          expect(waiting()).toHaveLength(1);
        },
      ),
      { numRuns: 60 },
    );
  });
});
