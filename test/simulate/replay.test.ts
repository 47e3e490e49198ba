import { afterAll, describe, expect, it } from "vitest";
import { GuardBook } from "../../local/simulate/guards.ts";
import { play } from "../../local/simulate/play.ts";
import { openWorkers, type Workers } from "../../local/simulate/workers.ts";

const NIGHT = { seed: 5, assets: 4, hours: 3 } as const;

describe("a simulated night", () => {
  let workers: Workers | undefined;
  afterAll(() => workers?.close());

  it("is the same again: in this process, and in another one that is bundled otherwise", async () => {
    workers = await openWorkers(1);
    const faults = { level: "all" } as const;
    const [here, again, there] = await Promise.all([
      play({ ...NIGHT, faults }),
      play({ ...NIGHT, faults }),
      workers.play({ ...NIGHT, faults }),
    ]);
    expect(again.hash).toBe(here.hash);
    expect(there.hash).toBe(here.hash);
    expect(here.injections.length).toBeGreaterThan(0);
  });

  it("is the same when exactly the faults that struck may strike, and another when one may not", async () => {
    const whole = await play({ ...NIGHT, faults: { level: "all" } });
    const ids = whole.injections.map(({ id }) => id);
    const same = await play({ ...NIGHT, faults: { level: "all", only: new Set(ids) } });
    expect(same.hash).toBe(whole.hash);
    const one = await play({ ...NIGHT, faults: { level: "all", only: new Set(ids.slice(1)) } });
    expect(one.hash).not.toBe(whole.hash);
  });

  it("without faults keeps every promise, and meets the conditions that guard them", async () => {
    const { violations, guards, injections } = await play({ ...NIGHT, faults: { level: "none" } });
    expect(violations).toEqual([]);
    expect(injections).toEqual([]);
    const name =
      "Update readings (reading reach observedAtMs): attribute_not_exists(observedAtMs) OR observedAtMs < :at";
    expect(guards.find((met) => met.name === name)).toMatchObject({ asked: expect.any(Number) });
  });
});

describe("the book of guards", () => {
  it("finds the conditions of writes and of transactions, each once", () => {
    const book = new GuardBook();
    const Put = {
      TableName: "commands",
      Item: { assetId: "car-0001" },
      ConditionExpression: "attribute_not_exists(commandId)",
    };
    book.see(Put, "Put");
    book.see(
      { TransactItems: [{ Put }, { ConditionCheck: { ...Put, Key: { assetId: "newest#car-0001" } } }] },
      "TransactWrite",
    );
    book.see({ TableName: "plans", Item: {} }, "Put");
    expect(book.all).toEqual([
      { name: "Put commands: attribute_not_exists(commandId)", asked: 2, refused: 0 },
      { name: "ConditionCheck commands newest: attribute_not_exists(commandId)", asked: 1, refused: 0 },
    ]);
  });
});
