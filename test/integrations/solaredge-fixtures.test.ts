import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { Action } from "../../shared/domain/command.ts";
import { FaultClass } from "../../shared/domain/fault.ts";
import { Instant } from "../../shared/domain/instant.ts";
import { ProductionReading } from "../../shared/domain/reading.ts";
import { VendorError } from "../../shared/errors.ts";
import { at } from "../builders.ts";
import { aBench, aProduction, aTarget, FOLDER, rejection, TOKEN } from "./solaredge-bench.ts";

const FIXTURES = new URL("fixtures/", FOLDER);

const Fixture = z.strictObject({
  case: z.string().min(10),
  call: z.enum(["look", "prepare", "command"]),
  now: Instant,
  action: Action.optional(),
  last: ProductionReading.partial().optional(),
  answers: z
    .array(
      z.union([
        z.literal("cut"),
        z.strictObject({
          status: z.number().int(),
          headers: z.record(z.string(), z.string()),
          body: z.unknown(),
          on: z.string().optional(),
        }),
      ]),
    )
    .min(1),
  expected: z.union([
    z.strictObject({
      reading: ProductionReading.omit({ assetId: true, stream: true, receivedAt: true }),
      calls: z.array(z.string()).optional(),
    }),
    z.strictObject({
      fault: FaultClass,
      retryAfterMs: z.number().optional(),
      calls: z.array(z.string()).optional(),
    }),
  ]),
});

const files = readdirSync(FIXTURES).filter((name) => name.endsWith(".json"));
const fixtures = files.map((file) => {
  const text = readFileSync(new URL(file, FIXTURES), "utf8");
  return { file, text, fixture: Fixture.parse(JSON.parse(text)) };
});

describe("what SolarEdge answers", () => {
  it.each(fixtures.map(({ file, fixture }) => [fixture.case, file, fixture] as const))("%s (%s)", async (...row) => {
    const { expected, answers, call, last, now, action } = row[2];
    const bench = aBench(answers, { now });
    const target = aTarget({ last: last && aProduction({ ...last, observedAt: last.observedAt ?? now }) });
    const run = (): Promise<unknown> => {
      if (call === "look") return bench.client.look(target, { expectAwake: true });
      if (call === "prepare") return bench.client.prepare(target);
      return bench.client.command(target, action ?? { kind: "charge.stop" }, { until: at("2026-08-24T16:00Z") });
    };
    const { calls, ...rest } = expected;
    if ("fault" in rest) {
      const thrown = await rejection(run());
      expect(thrown).toBeInstanceOf(VendorError);
      expect(thrown).toMatchObject(rest);
      expect(String(thrown)).not.toMatch(new RegExp(`1000001|${TOKEN}`));
    } else {
      const { reading } = ReadingLook.parse(await run());
      const { assetId, stream, receivedAt, productionKw, producedKwh, gridKw, ...others } = reading;
      const { productionKw: kw, producedKwh: kwh, gridKw: grid, ...told } = rest.reading;
      expect({ assetId, stream, receivedAt }).toEqual({ assetId: "solar-0001", stream: "production", receivedAt: now });
      expect(others).toEqual(told);
      expectNear([productionKw, producedKwh, gridKw], [kw, kwh, grid]);
    }
    if (calls) expect(bench.counted).toEqual(calls);
  });
});

const ReadingLook = z.strictObject({ online: z.literal(true), reading: ProductionReading });

function expectNear(actual: readonly (number | null)[], expected: readonly (number | null)[]) {
  const rounded = (values: readonly (number | null)[]) => values.map((value) => value && Number(value.toFixed(9)));
  expect(rounded(actual)).toEqual(rounded(expected));
}

describe("the evidence", () => {
  it("covers every fault class that an answer can mean", () => {
    const covered = fixtures.flatMap(({ fixture }) => ("fault" in fixture.expected ? fixture.expected.fault : []));
    // The login alone can be revoked: see the login's own tests.
    const possible = FaultClass.options.filter((name) => name !== "credentials-revoked");
    expect([...new Set(covered)].sort()).toEqual([...possible].sort());
  });

  it.each(fixtures.map(({ file, text }) => [file, text] as const))(
    "%s holds no place, no real id and no token",
    (_, text) => {
      expect(text).not.toMatch(/latitude|longitude|address|bearer [\w-]{8}|eyJ/i);
      for (const id of text.match(/\/sites\/(\d+)/g) ?? []) expect(id).toBe("/sites/1000001");
    },
  );
});
