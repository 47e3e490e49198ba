import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MyUplinkPoint } from "../../lambdas/integrations/myuplink/api.ts";
import { errorOf } from "../../lambdas/integrations/myuplink/errors.ts";
import { allows, limitsOf, toInstant } from "../../lambdas/integrations/myuplink/points.ts";
import { FaultClass } from "../../shared/domain/fault.ts";
import { VendorError } from "../../shared/errors.ts";
import {
  aBench,
  aHeatReading,
  aTarget,
  BASE,
  DEVICE,
  mode,
  points,
  rejection,
  systems,
  TOKEN,
} from "./myuplink-bench.ts";

const UNTIL = aHeatReading("normal").observedAt;
const WATER = { parameterId: "40013", parameterUnit: "°C", value: 52, strVal: "52°C" };
const look = (bench: ReturnType<typeof aBench>, accessToken = TOKEN) =>
  bench.client.look(aTarget({ accessToken }), { expectAwake: false });

describe("a time of the vendor's", () => {
  it.each([
    ["2023-11-22T07:03:46+00:00", "2023-11-22T07:03:46.000Z"],
    ["2023-11-22T07:03:46+0", "2023-11-22T07:03:46.000Z"],
    ["2023-11-22T07:03:46.1234567+0", "2023-11-22T07:03:46.123Z"],
    ["2023-11-22T07:03:46+01", "2023-11-22T06:03:46.000Z"],
    ["2023-11-22T07:03:46-0130", "2023-11-22T08:33:46.000Z"],
    ["2023-11-22T07:03:46Z", "2023-11-22T07:03:46.000Z"],
    ["2023-11-22T07:03:46", null],
    ["2023-11-22", null],
    ["2023-02-30T07:03:46+0", null],
    ["", null],
  ])("%s is %s", (text, expected) => {
    expect(toInstant(text)).toBe(expected);
  });
});

describe("the limits of a setting", () => {
  const setting = (fields: Record<string, unknown>) =>
    MyUplinkPoint.parse({ parameterId: "1", timestamp: "", parameterUnit: "°C", ...fields });

  it.each([
    ["raw", { value: 14.5, strVal: "14.5°C", minValue: 50, maxValue: 350, scaleValue: "0.1" }, { least: 5, most: 35 }],
    ["scaled", { value: 48, strVal: "48°C", minValue: 5, maxValue: 70, scaleValue: "0.1" }, { least: 5, most: 70 }],
    ["unscaled", { value: 700, minValue: 100, maxValue: 2000, scaleValue: "1" }, { least: 100, most: 2000 }],
    ["none", { value: 0, minValue: "", maxValue: "" }, undefined],
  ])("are understood when %s", (_, fields, expected) => {
    expect(limitsOf(setting(fields))).toEqual(expected);
  });

  it("are its words, where it has words", () => {
    const words = setting({
      value: 0,
      enumValues: [
        { value: "0", text: "off" },
        { value: "4", text: "once" },
      ],
    });
    expect([allows(words, 4), allows(words, 1)]).toEqual([true, false]);
  });
});

describe("a call", () => {
  it("sends the token to the vendor's host only, and the change as the vendor wants it", async () => {
    const bench = aBench([
      systems(),
      points(WATER),
      mode("Default"),
      { status: 200, body: { payload: { state: "ok" } } },
    ]);
    const target = aTarget({ last: aHeatReading("normal") });
    await bench.client.command(target, { kind: "heat.mode", mode: "reduced" }, { until: UNTIL });
    expect(new Set(bench.sent.map(({ url }) => url.origin))).toEqual(new Set([BASE]));
    expect(bench.sent.map(({ authorization }) => authorization)).toEqual(Array(4).fill(`Bearer ${TOKEN}`));
    expect(bench.sent.at(-1)).toMatchObject({ method: "PUT", type: "application/json-patch+json" });
    expect(bench.counted).toEqual(["state", "data", "data", "command"]);
  });

  it("that got no answer may have acted if it was a change, and not if it was a look", async () => {
    expect(await rejection(look(aBench(["cut"])))).toMatchObject({ fault: "transient", mayHaveActed: false });
    const bench = aBench([systems(), points(WATER), mode("Default"), "cut"]);
    const command = bench.client.command(aTarget(), { kind: "heat.mode", mode: "reduced" }, { until: UNTIL });
    expect(await rejection(command)).toMatchObject({ fault: "transient", mayHaveActed: true });
  });

  it("is not made while the window is used up, by that login alone", async () => {
    const empty = { ...systems("Disconnected"), headers: { "RateLimit-Remaining": "0", "RateLimit-Reset": "30" } };
    const bench = aBench([empty, systems("Disconnected")]);
    await look(bench);
    expect(await rejection(look(bench))).toMatchObject({ fault: "rate-limited", retryAfterMs: 30_000 });
    expect(bench.counted).toHaveLength(1);
    await look(bench, "another-token");
    bench.pass(30_000);
    await look(bench);
    expect(bench.counted).toHaveLength(3);
  });

  it("names the device by its id", async () => {
    const bench = aBench([systems(), points(WATER), mode("Default")]);
    await look(bench);
    expect(bench.sent[1]?.url.pathname).toBe(`/v2/devices/${DEVICE}/points`);
  });
});

describe("any answer", () => {
  const anything = fc.record({
    status: fc.integer({ min: 200, max: 599 }).filter((status) => ![204, 205, 304].includes(status)),
    body: fc.oneof(fc.string(), fc.json(), fc.constantFrom("", "null", "[]", '{"systems":[]}', "<html>")),
  });

  it("is a result or a fault of the vocabulary, and nothing else", async () => {
    await fc.assert(
      fc.asyncProperty(anything, fc.nat(3), fc.constantFrom("look", "command"), async (answer, nth, call) => {
        const sound = [systems(), points(WATER), mode("Default")].slice(0, nth);
        const { client } = aBench([...sound, answer]);
        const work: Promise<unknown> =
          call === "look"
            ? client.look(aTarget(), { expectAwake: false })
            : client.command(aTarget(), { kind: "heat.mode", mode: "reduced" }, { until: UNTIL });
        const error = await work.then(
          () => undefined,
          (thrown: unknown) => thrown,
        );
        if (error === undefined) return;
        expect(error).toBeInstanceOf(VendorError);
        expect(FaultClass.options).toContain((error as VendorError).fault);
      }),
      { numRuns: 200 },
    );
  });

  it("that fails a look never says that something may have been done", () => {
    fc.assert(
      fc.property(fc.integer({ min: 201, max: 599 }), fc.string(), (status, text) => {
        expect(errorOf({ status, headers: new Headers(), text }, "points", "GET", undefined).mayHaveActed).toBe(false);
      }),
    );
  });
});
