import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { manifest } from "../../lambdas/integrations/viessmann/manifest.ts";
import { Action } from "../../shared/domain/command.ts";
import { FaultClass } from "../../shared/domain/fault.ts";
import { HeatReading } from "../../shared/domain/reading.ts";
import { VendorError } from "../../shared/errors.ts";
import { aBench, aTarget, DEVICE, NOW, rejection, TOKEN } from "./viessmann-bench.ts";

const FOLDER = new URL("../../lambdas/integrations/viessmann/fixtures/", import.meta.url);
const BOOST = { kind: "heat.mode", mode: "boost" } as const;

/** Feature, command and parameters of each command that is sent. */
const Posts = z.array(z.tuple([z.string(), z.string(), z.record(z.string(), z.unknown())]));

/** One file: what Viessmann answers, in turn, and what that means to us. */
const Fixture = z.strictObject({
  case: z.string().min(10),
  call: z.enum(["look", "command"]),
  action: Action.optional(),
  capabilities: z.array(z.enum(manifest.capabilities)).optional(),
  answers: z
    .array(z.strictObject({ status: z.number().int(), headers: z.record(z.string(), z.string()), body: z.unknown() }))
    .min(1),
  expected: z.union([
    z.strictObject({ reading: HeatReading.omit({ assetId: true, stream: true, receivedAt: true }) }),
    z.strictObject({ taken: z.strictObject({ withoutEffect: z.boolean() }), posts: Posts }),
    z.strictObject({
      fault: FaultClass,
      message: z.string().optional(),
      mayHaveActed: z.boolean().optional(),
      retryAfterMs: z.number().optional(),
      posts: Posts.optional(),
    }),
  ]),
});

const files = readdirSync(FOLDER).filter((name) => name.endsWith(".json"));
const fixtures = files.map((file) => {
  const text = readFileSync(new URL(file, FOLDER), "utf8");
  return { file, text, fixture: Fixture.parse(JSON.parse(text)) };
});

describe("what Viessmann answers", () => {
  it.each(fixtures.map(({ file, fixture }) => [fixture.case, file, fixture] as const))("%s (%s)", async (...row) => {
    const { call, action, answers, expected } = row[2];
    const bench = aBench(answers);
    const posts = () =>
      bench.sent
        .filter(({ method }) => method === "POST")
        .map(({ url, body }) => [...(url.pathname.split("/features/").at(-1) ?? "").split("/commands/"), body]);
    const result: Promise<unknown> =
      call === "look"
        ? bench.client.look(aTarget(), { expectAwake: true })
        : bench.client.command(aTarget(), action ?? BOOST, { until: NOW });
    if ("fault" in expected) {
      const { posts: wanted, ...error } = expected;
      const thrown = await rejection(result);
      expect(thrown).toBeInstanceOf(VendorError);
      expect(thrown).toMatchObject(error);
      for (const secret of [...DEVICE.split("/").slice(0, 2), TOKEN]) expect(String(thrown)).not.toContain(secret);
      if (wanted) expect(posts()).toEqual(wanted);
    } else if ("reading" in expected) {
      const reading = { assetId: "pump-0001", stream: "heat", receivedAt: NOW, ...expected.reading };
      expect(await result).toEqual({ online: true, reading });
    } else {
      expect(await result).toEqual(expected.taken);
      expect(posts()).toEqual(expected.posts);
    }
  });
});

describe("the evidence", () => {
  it("covers every capability the manifest declares", () => {
    const covered = new Set(fixtures.flatMap(({ fixture }) => fixture.capabilities ?? []));
    expect([...covered].sort()).toEqual([...manifest.capabilities].sort());
  });

  it("covers every fault class that the vendor's calls can end in", () => {
    const covered = new Set(
      fixtures.flatMap(({ fixture }) => ("fault" in fixture.expected ? fixture.expected.fault : [])),
    );
    // Revoked is never a call's answer: only a refused renewal says it.
    expect([...covered].sort()).toEqual(FaultClass.options.filter((name) => name !== "credentials-revoked").sort());
  });

  it.each(fixtures.map(({ file, text }) => [file, text] as const))("%s holds no place, id and token", (_, text) => {
    expect(text).not.toMatch(/latitude|longitude|address|bearer [\w-]{8}|eyJ/i);
    expect(text).not.toMatch(/installations\/\d|gateways\/\d|"gatewayId": "\d/);
  });
});
