import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { manifest } from "../../lambdas/integrations/tesla/manifest.ts";
import { Action } from "../../shared/domain/command.ts";
import { FaultClass } from "../../shared/domain/fault.ts";
import { ChargeReading } from "../../shared/domain/reading.ts";
import { VendorError } from "../../shared/errors.ts";
import { anAsset, aReading } from "../builders.ts";
import { aBench, aTarget, rejection, SENT_WITH, TOKEN, VIN } from "./tesla-bench.ts";

const FOLDER = new URL("../../lambdas/integrations/tesla/fixtures/", import.meta.url);

/** One file: what Tesla answers, in turn, and what that means to us. */
const Fixture = z.strictObject({
  case: z.string().min(10),
  call: z.enum(["look", "prepare", "command"]),
  action: Action.optional(),
  capabilities: z.array(z.enum(manifest.capabilities)).optional(),
  phases: z.literal([1, 3]).optional(),
  answers: z
    .array(z.strictObject({ status: z.number().int(), headers: z.record(z.string(), z.string()), body: z.unknown() }))
    .min(1),
  expected: z.union([
    z.strictObject({ reading: ChargeReading.omit({ assetId: true, stream: true, receivedAt: true }) }),
    z.strictObject({ online: z.literal(false) }),
    z.strictObject({ taken: z.strictObject({ withoutEffect: z.boolean() }) }),
    z.strictObject({ prepared: z.looseObject({ ready: z.boolean() }), calls: z.array(z.string()) }),
    z.strictObject({
      fault: FaultClass,
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

function play({ call, action, phases, answers }: Fixture) {
  const { client, counted } = aBench(answers);
  const asset = anAsset({ integration: "tesla", vendorAssetId: VIN });
  // The current is set already, so that each command is one call.
  const last = aReading({ currentLimitA: 32 });
  const target = aTarget({ last, asset: { ...asset, supply: { ...asset.supply, phases: phases ?? 1 } } });
  const run = (): Promise<unknown> => {
    if (call === "look") return client.look(target, { expectAwake: true });
    if (call === "prepare") return client.prepare(target);
    return client.command(target, action ?? { kind: "charge.stop" }, SENT_WITH);
  };
  return { run, counted };
}

describe("what Tesla answers", () => {
  it.each(fixtures.map(({ file, fixture }) => [fixture.case, file, fixture] as const))("%s (%s)", async (...row) => {
    const { expected, ...fixture } = row[2];
    const { run, counted } = play({ expected, ...fixture });
    if ("fault" in expected) {
      const { calls, ...error } = expected;
      const thrown = await rejection(run());
      expect(thrown).toBeInstanceOf(VendorError);
      expect(thrown).toMatchObject(error);
      expect(String(thrown)).not.toMatch(new RegExp(`${VIN}|${TOKEN}`));
      if (calls) expect(counted).toEqual(calls);
      return;
    }
    const result = await run();
    if ("reading" in expected) {
      const reading = { assetId: "car-0001", stream: "charge", receivedAt: "2026-11-20T23:00:01.000Z" };
      expect(result).toEqual({ online: true, reading: { ...reading, ...expected.reading } });
      expect(() => ChargeReading.parse({ ...reading, ...expected.reading })).not.toThrow();
    } else if ("prepared" in expected) {
      expect(result).toEqual(expected.prepared);
      expect(counted).toEqual(expected.calls);
    } else if ("taken" in expected) expect(result).toEqual(expected.taken);
    else expect(result).toEqual(expected);
  });
});

describe("the evidence", () => {
  it("covers every capability the manifest declares", () => {
    const covered = new Set(fixtures.flatMap(({ fixture }) => fixture.capabilities ?? []));
    expect([...covered].sort()).toEqual([...manifest.capabilities].sort());
  });

  it("covers every fault class", () => {
    const covered = new Set(
      fixtures.flatMap(({ fixture }) => ("fault" in fixture.expected ? fixture.expected.fault : [])),
    );
    expect([...covered].sort()).toEqual([...FaultClass.options].sort());
  });

  it.each(fixtures.map(({ file, text }) => [file, text] as const))(
    "%s holds no place, no real VIN and no token",
    (_, text) => {
      expect(text).not.toMatch(/latitude|longitude|"lat"|"lon"|drive_state|bearer [\w-]{8}|eyJ/i);
      for (const word of text.match(/\b[A-Z0-9]{17}\b/g) ?? []) expect(word).toBe(VIN);
    },
  );
});
