import { GetCommand, PutCommand } from "@aws-sdk/lib-dynamodb";
import { describe, expect, it } from "vitest";
import { TABLE_SHAPES } from "../../lib/table-shapes.ts";
import { memoryDocumentClient } from "../../local/memory/document-client.ts";
import type { CommandRow } from "../../shared/domain/command-row.ts";
import { firstBreak } from "../../shared/store/audit.ts";
import { commandsStore } from "../../shared/store/commands.ts";
import { aCommand, at } from "../builders.ts";
import { fakeLog } from "../fakes/log.ts";

const NOW = at("2026-11-21T02:00Z");

function aLedger() {
  const client = memoryDocumentClient({ tables: { commands: TABLE_SHAPES.commands } });
  const log = fakeLog();
  return { client, log, store: commandsStore(client, "commands", { by: "test", now: () => NOW, log }) };
}

describe("a stored command that does not fit its schema", () => {
  it("is left out by name wherever commands are read together, and fails alone", async () => {
    const { client, log, store } = aLedger();
    for (const id of ["command-a", "command-b"]) await store.issue(aCommand({ commandId: id }));
    const key = { assetId: "car-0001", commandId: "command-a" };
    const { Item } = await client.send(new GetCommand({ TableName: "commands", Key: key }));
    await client.send(new PutCommand({ TableName: "commands", Item: { ...Item, attempts: "many" } }));

    const open: CommandRow[] = [];
    let unreadable = 0;
    for await (const page of store.open()) {
      open.push(...page.commands);
      unreadable += page.unreadable;
    }
    expect([open.map(({ commandId }) => commandId), unreadable]).toEqual([["command-b"], 1]);
    expect((await store.recent("car-0001", 5)).map(({ commandId }) => commandId)).toEqual(["command-b"]);
    expect(log.of("LEDGER_ROW_UNREADABLE")[0]?.fields).toMatchObject(key);
    await expect(store.get(key)).rejects.toThrow("attempts");
    expect(firstBreak(await store.trail("car-0001"), NOW)).toEqual({
      commandId: "command-a",
      why: "its row cannot be read",
    });
  });
});

describe("the witness", () => {
  it("has every line of the trail, by its hash", async () => {
    const { log, store } = aLedger();
    const row = await store.issue(aCommand());
    await store.transition(row ?? expect.fail(), "withdrawn", {});
    const { rows } = await store.trail("car-0001");
    expect(log.of("LEDGER_ENTRY").map(({ fields }) => fields.hash)).toEqual(rows[0]?.history.map(({ hash }) => hash));
  });
});

describe("the open index", () => {
  it("spreads assets over its parts, and gives all of them", async () => {
    const { client, store } = aLedger();
    const ids = Array.from({ length: 100 }, (_, index) => `car-${1000 + index}`);
    for (const assetId of ids) await store.issue(aCommand({ assetId }));
    const found: string[] = [];
    for await (const { commands } of store.open()) found.push(...commands.map(({ assetId }) => assetId));
    expect(found.sort()).toEqual(ids);
    const parts = await Promise.all(
      ids.map(async (assetId) => {
        const Key = { assetId, commandId: aCommand().commandId };
        return (await client.send(new GetCommand({ TableName: "commands", Key }))).Item?.openIn;
      }),
    );
    expect(new Set(parts).size).toBe(8);
  });
});
