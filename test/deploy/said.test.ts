import { expect, test } from "vitest";
import { saidMeanwhile } from "./said.ts";

const LOG = `2026-01-05 14:33:30 INFO [lambda_runtime] Lambda worker spawned for headroom-dev-Optimiser (nodejs24.x, cold start)
2026-01-05 14:33:31 INFO [lambda] ESM: Lambda headroom-dev-Optimiser output:
{"level":"info","time":"2026-01-05T14:33:31.225Z","service":"optimiser","requestId":"r","code":"INVOCATION_COMPLETED","durationMs":340,"message":"The invocation did its work."}
{"_aws":{"Timestamp":1},"service":"optimiser","ticks":1}
{"level":"info","time":"2026-01-05T14:33:31.226Z","service":"optimiser","requestId":"r","code":"PLAN_MADE","assetId":"car-0001","version":1,"message":"A plan was stored."}
2026-01-05 14:33:32 WARNING [lambda] ESM: Lambda headroom-dev-Optimiser failed processing SQS batch from replan (errorType=Error)
    at run (handler.ts:1)
2026-01-05 14:33:33 INFO [events] EventBridge -> SQS
Traceback of nobody`;

test("what a failed check goes by: what functions noted, and warnings with all that belongs to them", () => {
  expect(saidMeanwhile(LOG)).toEqual([
    '2026-01-05T14:33:31.226Z optimiser PLAN_MADE assetId="car-0001" version=1',
    "2026-01-05 14:33:32 WARNING [lambda] ESM: Lambda headroom-dev-Optimiser failed processing SQS batch from replan (errorType=Error)",
    "at run (handler.ts:1)",
  ]);
});

test("a line that is no whole JSON is told as it stands, and a long one is cut", () => {
  expect(saidMeanwhile('{"level":"error","code":"BRO')).toEqual(['{"level":"error","code":"BRO']);
  expect(saidMeanwhile(`{${"x".repeat(1000)}`)[0]).toHaveLength(240);
});
