import { describe, expect, it } from "vitest";
import * as z from "zod";
import { EVENTS } from "../../shared/domain/events.ts";
import { BusRecord, parseBusRecord, parseRecords, SqsBatch } from "../../shared/queue.ts";
import { type BusEvent, queued } from "../builders.ts";
import { fakeLog } from "../fakes/log.ts";

const Enrolled = BusRecord("AssetEnrolled", EVENTS.AssetEnrolled);
const enrolled = (assetId: string) => ({ name: "AssetEnrolled", detail: { assetId, fleetId: "main" } });
const bodyOf = (...events: readonly BusEvent[]) => queued(...events).Records[0]?.body ?? "";

describe("a bus record", () => {
  it("is its detail", () => {
    expect(parseBusRecord(Enrolled, bodyOf(enrolled("car-0001")))).toMatchObject({ assetId: "car-0001" });
  });

  it("is not one of another name", () => {
    expect(() => parseBusRecord(Enrolled, bodyOf({ name: "CommandExpired", detail: {} }))).toThrow(/detail-type:/);
  });

  it("names the first field at fault", () => {
    const wrong = bodyOf({ name: "AssetEnrolled", detail: { assetId: 7, fleetId: "main" } });
    expect(() => parseBusRecord(Enrolled, wrong)).toThrow("queue record does not fit its schema: detail.assetId:");
  });

  it("is not one of an unknown version", () => {
    const next = bodyOf({ name: "AssetEnrolled", detail: { ...enrolled("car-0001").detail, version: 2 } });
    expect(() => parseBusRecord(Enrolled, next)).toThrow(/detail.version:/);
  });

  it("is not any text", () => {
    expect(() => parseBusRecord(Enrolled, "not JSON")).toThrow(SyntaxError);
  });
});

describe("a batch of records", () => {
  it("gives the good ones and names the bad ones, each logged with its id", () => {
    const log = fakeLog();
    const batch = queued(enrolled("car-0001"), enrolled("NOT AN ID"), enrolled("car-0003"));
    const bad = batch.Records[1]?.messageId ?? "";
    const { parsed, batchItemFailures } = parseRecords(batch, Enrolled, log);
    expect(parsed.map((detail) => detail.assetId)).toEqual(["car-0001", "car-0003"]);
    expect(batchItemFailures).toEqual([{ itemIdentifier: bad }]);
    expect(log.lines).toMatchObject([{ level: "error", code: "RECORD_REFUSED", fields: { messageId: bad } }]);
  });

  it("keeps a record whose meaning is undefined: everybody is a valid answer", () => {
    const Everybody = z.looseObject({}).transform(() => undefined);
    expect(parseRecords(queued(enrolled("car-0001")), Everybody, fakeLog()).parsed).toEqual([undefined]);
  });

  it("is empty when there is none", () => {
    expect(parseRecords(undefined, Enrolled, fakeLog())).toEqual({ parsed: [], batchItemFailures: [] });
  });

  it("is what SQS sends, with fields that we do not use", () => {
    const batch = queued(enrolled("car-0001"));
    const [record] = batch.Records;
    expect(SqsBatch.safeParse({ Records: [{ ...record, eventSource: "aws:sqs", attributes: {} }] }).success).toBe(true);
    expect(SqsBatch.safeParse({ Records: [] }).success).toBe(false);
    expect(SqsBatch.safeParse({ tickAt: "2026-11-20T18:00:00Z" }).success).toBe(false);
  });
});
