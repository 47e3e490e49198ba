import { EventBridge, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { mockClient } from "aws-sdk-client-mock";
import { beforeEach, describe, expect, it } from "vitest";
import { eventBridgeBus } from "../../shared/bus.ts";
import type { NewEvent } from "../../shared/domain/events.ts";
import { at } from "../builders.ts";

const events = new EventBridge({ region: "eu-west-2" });
const client = mockClient(events);
const bus = eventBridgeBus(events, "the-bus", () => at("2026-11-20T18:00Z"));
const REFUSED = { ErrorCode: "ThrottlingException", ErrorMessage: "slow down" };

const enrolled = (count: number): NewEvent[] =>
  Array.from({ length: count }, (_, index) => ({
    name: "AssetEnrolled",
    detail: { assetId: `car-${String(index).padStart(4, "0")}`, fleetId: "main" },
  }));
/** The asset and event ids of every call's entries. */
const calls = () =>
  client.commandCalls(PutEventsCommand).map((call) =>
    (call.args[0].input.Entries ?? []).map((entry) => {
      const { assetId, eventId } = JSON.parse(entry.Detail ?? "{}");
      return { assetId, eventId };
    }),
  );
const answer = (refused: readonly number[], size: number) => ({
  FailedEntryCount: refused.length,
  Entries: Array.from({ length: size }, (_, index) => (refused.includes(index) ? REFUSED : { EventId: `id-${index}` })),
});

beforeEach(() => {
  client.reset();
});

describe("the bus", () => {
  it("stamps an event and sends it under its name", async () => {
    client.on(PutEventsCommand).resolves({ FailedEntryCount: 0, Entries: [{ EventId: "1" }] });
    await bus.publish(enrolled(1));
    const [entry] = client.commandCalls(PutEventsCommand)[0]?.args[0].input.Entries ?? [];
    expect(entry).toMatchObject({
      EventBusName: "the-bus",
      Source: "headroom",
      DetailType: "AssetEnrolled",
      Time: new Date("2026-11-20T18:00:00.000Z"),
    });
    expect(JSON.parse(entry?.Detail ?? "{}")).toEqual({
      version: 1,
      eventId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      occurredAt: "2026-11-20T18:00:00.000Z",
      assetId: "car-0000",
      fleetId: "main",
    });
  });

  it("calls nobody when there is nothing to say", async () => {
    await bus.publish([]);
    expect(calls()).toEqual([]);
  });

  it("sends ten at a time, in order", async () => {
    client.on(PutEventsCommand).resolves({ FailedEntryCount: 0 });
    await bus.publish(enrolled(23));
    expect(calls().map((entries) => entries.length)).toEqual([10, 10, 3]);
    expect(new Set(calls().flatMap((entries) => entries.map((entry) => entry.eventId))).size).toBe(23);
  });

  it("sends again only what was refused, under the same event id", async () => {
    client
      .on(PutEventsCommand)
      .resolvesOnce(answer([1, 3], 5))
      .resolvesOnce(answer([0], 2))
      .resolves({ FailedEntryCount: 0 });
    await bus.publish(enrolled(5));
    const [first, second, third] = calls();
    expect(second).toEqual([first?.[1], first?.[3]]);
    expect(third).toEqual([first?.[1]]);
  });

  it("gathers what was refused of several calls", async () => {
    client
      .on(PutEventsCommand)
      .resolvesOnce(answer([9], 10))
      .resolvesOnce(answer([0], 2))
      .resolves({ FailedEntryCount: 0 });
    await bus.publish(enrolled(12));
    expect(
      calls()
        .map((entries) => entries.map((entry) => entry.assetId))
        .at(-1),
    ).toEqual(["car-0009", "car-0010"]);
  });

  it("gives up after three attempts, loudly", async () => {
    client.on(PutEventsCommand).resolves(answer([0], 1));
    await expect(bus.publish(enrolled(1))).rejects.toThrow("EventBridge refused 1 of 1 events after 3 attempts");
    expect(calls()).toHaveLength(3);
  });

  it("does not hide a call that failed as a whole", async () => {
    client.on(PutEventsCommand).rejects(new Error("no route"));
    await expect(bus.publish(enrolled(1))).rejects.toThrow("no route");
  });

  it("refuses an event that the catalogue would refuse, before anything is sent", async () => {
    const wrong = { name: "AssetEnrolled", detail: { assetId: "NOT AN ID", fleetId: "main" } } as const;
    await expect(bus.publish([...enrolled(1), wrong])).rejects.toThrow();
    const personal = {
      name: "AssetEnrolled",
      detail: { assetId: "car-0001", fleetId: "main", vin: "5YJ3E1EA7KF000001" },
    };
    await expect(bus.publish([personal as never])).rejects.toThrow();
    expect(calls()).toEqual([]);
  });
});
