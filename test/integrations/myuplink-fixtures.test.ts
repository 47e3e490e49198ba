import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { manifest } from "../../lambdas/integrations/myuplink/manifest.ts";
import { Action } from "../../shared/domain/command.ts";
import { FaultClass } from "../../shared/domain/fault.ts";
import { Manifest } from "../../shared/domain/manifest.ts";
import { HeatMode, HeatReading } from "../../shared/domain/reading.ts";
import { VendorError } from "../../shared/errors.ts";
import { anAsset } from "../builders.ts";
import { aBench, aHeatReading, aPump, aTarget, DEVICE, rejection, SYSTEM, TOKEN } from "./myuplink-bench.ts";

const FOLDER = new URL("../../lambdas/integrations/myuplink/fixtures/", import.meta.url);

/** One file: what the vendor answers, in turn, and what that means to us. */
const Fixture = z.strictObject({
  case: z.string().min(10),
  call: z.enum(["look", "prepare", "command"]),
  action: Action.optional(),
  capabilities: z.array(z.enum(manifest.capabilities)).optional(),
  /** The mode of the last reading; without it what the cloud shows is not believed. */
  last: HeatMode.optional(),
  indoorMinC: z.number().optional(),
  enrolledAs: z.literal("car").optional(),
  /** The bodies of the changes that must be sent. */
  sent: z.array(z.record(z.string(), z.string())).optional(),
  answers: z
    .array(z.strictObject({ status: z.number().int(), headers: z.record(z.string(), z.string()), body: z.unknown() }))
    .min(1),
  expected: z.union([
    z.strictObject({ reading: HeatReading.omit({ assetId: true, stream: true, receivedAt: true }) }),
    z.strictObject({ online: z.boolean() }),
    z.strictObject({ taken: z.strictObject({ withoutEffect: z.boolean() }) }),
    z.strictObject({ prepared: z.looseObject({ ready: z.boolean() }), calls: z.array(z.string()) }),
    z.strictObject({
      fault: FaultClass,
      message: z.string().optional(),
      mayHaveActed: z.boolean().optional(),
      retryAfterMs: z.number().optional(),
      calls: z.array(z.string()).optional(),
    }),
  ]),
});
type Fixture = z.infer<typeof Fixture>;

const files = readdirSync(FOLDER).filter((name) => name.endsWith(".json"));
const fixtures = files.map((file) => {
  const text = readFileSync(new URL(file, FOLDER), "utf8");
  return { file, text, fixture: Fixture.parse(JSON.parse(text)) };
});

function play({ call, action, last, indoorMinC, enrolledAs, answers }: Fixture) {
  const { client, counted, sent } = aBench(answers);
  const asset = enrolledAs ? anAsset() : aPump({}, indoorMinC === undefined ? {} : { indoorMinC });
  const target = aTarget({ asset, last: last && aHeatReading(last) });
  const until = aHeatReading("normal").observedAt;
  const run = (): Promise<unknown> => {
    if (call === "look") return client.look(target, { expectAwake: true });
    if (call === "prepare") return client.prepare(target);
    return client.command(target, action ?? { kind: "heat.mode", mode: "normal" }, { until });
  };
  return { run, counted, sent };
}

describe("what myUplink answers", () => {
  it.each(fixtures.map(({ file, fixture }) => [fixture.case, file, fixture] as const))("%s (%s)", async (...row) => {
    const { expected, ...fixture } = row[2];
    const { run, counted, sent } = play({ expected, ...fixture });
    const changes = () => sent.flatMap(({ method, body }) => (method === "GET" ? [] : [body]));
    if ("fault" in expected) {
      const { calls, message, ...error } = expected;
      const thrown = await rejection(run());
      expect(thrown).toBeInstanceOf(VendorError);
      expect(thrown).toMatchObject(error);
      expect(String(thrown)).not.toMatch(new RegExp(`${DEVICE}|${SYSTEM}|${TOKEN}`));
      if (message) expect(String(thrown)).toContain(message);
      if (calls) expect(counted).toEqual(calls);
    } else {
      const result = await run();
      if ("reading" in expected) {
        const reading = { assetId: "pump-0001", stream: "heat", receivedAt: "2026-11-20T23:00:01.000Z" };
        expect(result).toEqual({ online: true, reading: { ...reading, ...expected.reading } });
        expect(() => HeatReading.parse({ ...reading, ...expected.reading })).not.toThrow();
      } else if ("prepared" in expected) {
        expect(result).toEqual(expected.prepared);
        expect(counted).toEqual(expected.calls);
      } else if ("taken" in expected) expect(result).toEqual(expected.taken);
      else expect(result).toEqual(expected);
    }
    if (fixture.sent) expect(changes()).toEqual(fixture.sent);
  });
});

describe("the evidence", () => {
  it("is of a valid manifest, named as its folder", () => {
    expect(Manifest.parse(manifest)).toMatchObject({ name: "myuplink", family: "heat-pump" });
  });

  it("covers every capability the manifest declares", () => {
    const covered = new Set(fixtures.flatMap(({ fixture }) => fixture.capabilities ?? []));
    expect([...covered].sort()).toEqual([...manifest.capabilities].sort());
  });

  it("covers every fault class that this code can produce", () => {
    const covered = new Set(
      fixtures.flatMap(({ fixture }) => ("fault" in fixture.expected ? fixture.expected.fault : [])),
    );
    // A refused renewal is told by the shared login code; the vendor has a window, and no budget by day or month.
    const elsewhere = ["credentials-revoked", "quota-exhausted"];
    expect([...covered, ...elsewhere].sort()).toEqual([...FaultClass.options].sort());
  });

  it.each(fixtures.map(({ file, text }) => [file, text] as const))(
    "%s holds no place, no device and no token",
    (_, text) => {
      expect(text).not.toMatch(/latitude|longitude|address|eyJ|"serialNumber": "(?!000000")/i);
      for (const id of text.match(/[a-z]+-r-\d{4}-[\w-]+/g) ?? []) expect(id).toBe(DEVICE);
    },
  );
});
