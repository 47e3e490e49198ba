import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { errorOf } from "../../lambdas/integrations/viessmann/api-errors.ts";
import { FaultClass } from "../../shared/domain/fault.ts";
import { VendorError } from "../../shared/errors.ts";
import { anAsset } from "../builders.ts";
import {
  type Answer,
  aBench,
  aHeatPump,
  aTarget,
  BASE,
  features,
  hotWater,
  NOW,
  rejection,
  TAKEN,
  TOKEN,
} from "./viessmann-bench.ts";

const BOOST = { kind: "heat.mode", mode: "boost" } as const;
const command = (bench: ReturnType<typeof aBench>, target = aTarget()) =>
  bench.client.command(target, BOOST, { until: NOW });

describe("a call", () => {
  it("asks for everything at once, in one counted look", async () => {
    const bench = aBench([features(...hotWater())]);
    await bench.client.look(aTarget(), { expectAwake: false });
    const path = "/iot/v2/features/installations/1234567/gateways/7571381000000000/devices/0/features/";
    expect(bench.sent).toMatchObject([{ method: "GET", authorization: `Bearer ${TOKEN}` }]);
    expect(bench.sent[0]?.url.href).toBe(BASE + path);
    expect(bench.counted).toEqual(["data"]);
  });

  it("goes to the configured host, whatever address the answer gives for a command", async () => {
    const [charge, target] = hotWater();
    const lured = {
      ...charge,
      commands: { activate: { isExecutable: true, uri: "https://evil.example", params: {} } },
    };
    const bench = aBench([{ status: 200, body: { data: [lured, target] } }, TAKEN]);
    await command(bench);
    expect(bench.sent.map(({ url }) => url.origin)).toEqual([BASE, BASE]);
    expect(bench.counted).toEqual(["data", "command"]);
  });

  it("that got no answer may have acted if it was a command, and not if it was a look", async () => {
    expect(await rejection(command(aBench(["cut"])))).toMatchObject({ fault: "transient", mayHaveActed: false });
    const cut = aBench([features(...hotWater()), "cut"]);
    expect(await rejection(command(cut))).toMatchObject({ fault: "transient", mayHaveActed: true });
  });

  it.each([
    ["another kind of asset", anAsset({ integration: "viessmann" })],
    ["an id that names no device", aHeatPump({ vendorAssetId: "1234567" })],
    ["an id that would change the path", aHeatPump({ vendorAssetId: "1/2/../../3" })],
  ])("is not made for %s", async (_, asset) => {
    const bench = aBench([]);
    const look = bench.client.look(aTarget({ asset }), { expectAwake: true });
    expect(await rejection(look)).toMatchObject({ fault: "our-configuration" });
    expect(bench.sent).toEqual([]);
  });

  it("checks only the features that are used", async () => {
    const odd = { feature: "heating.boiler.serial", timestamp: 7, properties: [], commands: "none" };
    const answer: Answer = { status: 200, body: { data: [odd, ...hotWater()], cursor: null } };
    await expect(aBench([answer]).client.look(aTarget(), { expectAwake: true })).resolves.toMatchObject({
      reading: { mode: "normal" },
    });
  });
});

describe("any answer", () => {
  const anything = fc.record({
    status: fc.integer({ min: 200, max: 599 }).filter((status) => ![204, 205, 304].includes(status)),
    body: fc.oneof(
      fc.string(),
      fc.json(),
      fc.constantFrom("", "null", "[]", '{"data":null}', '{"data":[{}]}', "<html>"),
      fc.record({ errorType: fc.anything(), extendedPayload: fc.anything() }).map((body) => JSON.stringify(body) ?? ""),
    ),
  });

  it("is a result or a fault of the vocabulary, and nothing else", async () => {
    await fc.assert(
      fc.asyncProperty(anything, fc.boolean(), async (answer: Answer, isLook) => {
        const { client } = aBench([answer]);
        const work: Promise<unknown> = isLook
          ? client.look(aTarget(), { expectAwake: false })
          : client.command(aTarget(), BOOST, { until: NOW });
        const error = await work.then(
          () => undefined,
          (thrown: unknown) => thrown,
        );
        if (error === undefined) return;
        expect(error).toBeInstanceOf(VendorError);
        if (error instanceof VendorError) expect(FaultClass.options).toContain(error.fault);
      }),
      { numRuns: 300 },
    );
  });

  it("that fails a look never says that something may have been done", () => {
    fc.assert(
      fc.property(fc.integer({ min: 203, max: 599 }), fc.string(), (status, text) => {
        expect(errorOf({ status, headers: new Headers(), text }, "features", "GET", 0).mayHaveActed).toBe(false);
      }),
    );
  });

  it("that names no sound time for the day's calls to return says none", () => {
    const text = JSON.stringify({ errorType: "RATE_LIMIT_EXCEEDED", extendedPayload: { limitReset: 1_584_462_010 } });
    const error = errorOf({ status: 429, headers: new Headers(), text }, "features", "GET", Date.parse(NOW));
    expect(error).toMatchObject({ fault: "quota-exhausted", retryAfterMs: undefined });
  });
});
