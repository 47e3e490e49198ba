import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { manifest } from "../../lambdas/integrations/easee/manifest.ts";
import { Action } from "../../shared/domain/command.ts";
import { FaultClass } from "../../shared/domain/fault.ts";
import { plusMs } from "../../shared/domain/instant.ts";
import { Manifest } from "../../shared/domain/manifest.ts";
import { ChargeReading, Reading } from "../../shared/domain/reading.ts";
import { VendorError } from "../../shared/errors.ts";
import { aReading, at } from "../builders.ts";
import { aBench, aTarget, CHARGER_ID, NOW, rejection, TOKEN } from "./easee-bench.ts";

const FOLDER = new URL("../../lambdas/integrations/easee/fixtures/", import.meta.url);
/** Two hours and half a minute: the life of a limit is rounded up. */
const UNTIL = plusMs(NOW, 2 * 3_600_000 + 30_000);

/** One file: what Easee answers, in turn, and what that means to us. */
const Fixture = z.strictObject({
  case: z.string().min(5),
  call: z.enum(["look", "command"]),
  action: Action.optional(),
  capabilities: z.array(z.enum(manifest.capabilities)).optional(),
  last: ChargeReading.pick({ plugged: true, sessionKwh: true, state: true }).partial().optional(),
  answers: z
    .array(z.strictObject({ status: z.number().int(), headers: z.record(z.string(), z.string()), body: z.unknown() }))
    .min(1),
  expected: z.union([
    z.strictObject({ reading: ChargeReading.omit({ assetId: true, stream: true, receivedAt: true }) }),
    z.strictObject({ online: z.literal(false) }),
    z.strictObject({
      taken: z.strictObject({ withoutEffect: z.boolean() }),
      posted: z.array(z.tuple([z.string(), z.unknown()])).optional(),
    }),
    z.strictObject({ fault: FaultClass, mayHaveActed: z.boolean().optional(), retryAfterMs: z.number().optional() }),
  ]),
});

const files = readdirSync(FOLDER).filter((name) => name.endsWith(".json"));
const fixtures = files.map((file) => {
  const text = readFileSync(new URL(file, FOLDER), "utf8");
  return { file, text, fixture: Fixture.parse(JSON.parse(text)) };
});

describe("what Easee answers", () => {
  it.each(fixtures.map(({ file, text, fixture }) => [fixture.case, file, text, fixture] as const))(
    "%s (%s)",
    async (_case, _file, text, { call, action, last, answers, expected }) => {
      const bench = aBench(
        answers.map(({ body, ...answer }) => ({ ...answer, body: typeof body === "string" ? body : wire(body, text) })),
      );
      const target = aTarget(
        last ? { last: ChargeReading.parse({ ...aReading({ observedAt: at("2026-11-20T22:00Z") }), ...last }) } : {},
      );
      const run = (): Promise<unknown> =>
        call === "look"
          ? bench.client.look(target, { expectAwake: true })
          : bench.client.command(target, action ?? { kind: "charge.stop" }, { until: UNTIL });
      if ("fault" in expected) {
        const thrown = await rejection(run());
        expect(thrown).toBeInstanceOf(VendorError);
        expect(thrown).toMatchObject(expected);
        expect(String(thrown)).not.toMatch(new RegExp(`${CHARGER_ID}|${TOKEN}`));
        return;
      }
      const result = await run();
      if ("reading" in expected) {
        const reading = { assetId: "charger-0001", stream: "charge", receivedAt: NOW, ...expected.reading };
        expect(result).toEqual({ online: true, reading });
        expect(() => Reading.parse(reading)).not.toThrow();
      } else if ("taken" in expected) {
        expect(result).toEqual(expected.taken);
        if (expected.posted) expect(bench.posted()).toEqual(expected.posted);
      } else expect(result).toEqual(expected);
    },
  );
});

/** The one number above 2^53 as the file writes it, not as JSON.parse rounds it. */
function wire(body: unknown, text: string): string {
  const exact = /"ticks": (\d{17,})/.exec(text)?.[1];
  return JSON.stringify(body).replace(/"ticks":\d{17,}/g, `"ticks":${exact}`);
}

describe("the evidence", () => {
  it("is of a manifest that is valid and named like its folder", () => {
    expect(Manifest.parse(manifest)).toMatchObject({ name: "easee", family: "charger" });
  });

  it("covers every capability the manifest declares", () => {
    const covered = new Set(fixtures.flatMap(({ fixture }) => fixture.capabilities ?? []));
    expect([...covered].sort()).toEqual([...manifest.capabilities].sort());
  });

  it("covers every fault class that this integration can produce", () => {
    const covered = fixtures.flatMap(({ fixture }) => ("fault" in fixture.expected ? fixture.expected.fault : []));
    // Easee sells no quota, and refuses no model anything that we ask for.
    const never: FaultClass[] = ["quota-exhausted", "unsupported-by-device"];
    expect([...new Set(covered)].sort()).toEqual(FaultClass.options.filter((name) => !never.includes(name)).sort());
  });

  it.each(fixtures.map(({ file, text }) => [file, text] as const))("%s holds no place, serial or token", (_, text) => {
    expect(text).not.toMatch(/latitude|longitude|street|bearer|eyJ|refreshToken/i);
    for (const serial of text.match(/\bE[HCV][A-Z0-9]{6}\b/g) ?? []) expect(serial).toBe(CHARGER_ID);
  });
});
