import { GetCommand } from "@aws-sdk/lib-dynamodb";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RESERVED_WORDS } from "../../../local/memory/reserved-words.ts";
import { engineIsHere } from "../../fakes/contract/engine.ts";
import { commandOf, operations } from "./operations.ts";
import { outcome, startTwins, TABLE, type Twins } from "./twins.ts";

const RUNS = Number(process.env.HEADROOM_RUNS ?? 60);

describe.skipIf(!engineIsHere())("the in-memory DynamoDB beside the real engine", () => {
  let twins: Twins;
  beforeAll(async () => {
    twins = await startTwins();
  });
  afterAll(() => twins.stop());

  it("refuses the same words as names", async () => {
    const send = (word: string) =>
      twins.engine.send(new GetCommand({ TableName: TABLE, Key: { pk: "a", sk: "1" }, ProjectionExpression: word }));
    // The engine has forgotten this one.
    const words = fc.sample(fc.constantFrom(...[...RESERVED_WORDS].filter((word) => word !== "TERMINATE")), 20);
    const refused = words.map((word) =>
      expect(send(word), word).rejects.toMatchObject({ name: "ValidationException" }),
    );
    await Promise.all([...refused, expect(send("unreserved")).resolves.toBeDefined()]);
  });

  it("gives the same answers and errors to any operations", async () => {
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(operations(), { minLength: 1, maxLength: 25 }), async (calls) => {
        const run = `run${++runs}`;
        for (const call of calls) {
          const ours = await outcome(twins.memory, commandOf(call, run));
          const theirs = await outcome(twins.engine, commandOf(call, run));
          expect(ours, JSON.stringify(call)).toEqual(theirs);
        }
      }),
      { numRuns: RUNS },
    );
  });
});
