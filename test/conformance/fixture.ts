import * as z from "zod";
import { Asset, STREAM_OF_KIND } from "../../shared/domain/asset.ts";
import { Action } from "../../shared/domain/command.ts";
import { FaultClass } from "../../shared/domain/fault.ts";
import { HOUR_MS, Instant, parseInstant, plusMs } from "../../shared/domain/instant.ts";
import { ChargeReading, HeatReading, ProductionReading, Reading } from "../../shared/domain/reading.ts";
import type { CallKind, Connection, ConnectVendor, Target } from "../../shared/integration/contract.ts";

export const TOKEN = "an-access-token-of-a-fixture";
const NOW = parseInstant("2026-11-20T23:00:01.000Z");
const BEFORE_MS = 60_000;

const Answer = z.union([
  z.literal("cut"),
  z.strictObject({
    status: z.number().int(),
    headers: z.record(z.string(), z.string()).default({}),
    body: z.unknown(),
    on: z.string().optional(),
  }),
]);
type Answer = z.infer<typeof Answer>;
const calls = { calls: z.array(z.enum(["state", "data", "command", "wake"])).optional() };
const fields = z.record(z.string(), z.unknown());

/** What a vendor answers, in turn, and what that means to us; docs/integrations.md tells it key by key. */
export const Fixture = z.strictObject({
  case: z.string().min(10),
  call: z.enum(["look", "prepare", "command"]),
  action: Action.optional(),
  asset: fields.optional(),
  last: fields.optional(),
  now: Instant.default(NOW),
  until: Instant.optional(),
  expectAwake: z.boolean().default(true),
  answers: z.array(Answer).min(1),
  expected: z.union([
    z.strictObject({ reading: fields, unknown: z.array(z.string()).optional(), ...calls }),
    z.strictObject({ online: z.literal(false), ...calls }),
    z.strictObject({ taken: z.strictObject({ withoutEffect: z.boolean() }), ...calls }),
    z.strictObject({ prepared: z.looseObject({ ready: z.boolean() }), ...calls }),
    z.strictObject({
      fault: FaultClass,
      mayHaveActed: z.boolean().optional(),
      retryAfterMs: z.number().optional(),
      ...calls,
    }),
  ]),
});
export type Fixture = z.infer<typeof Fixture>;

export type Played = { result: unknown } | { thrown: unknown };

/** Plays a fixture through the production client. */
export async function play(
  fixture: Fixture,
  folder: { asset: Asset; connect: ConnectVendor; endpoints: Record<string, string> },
): Promise<Played & { calls: CallKind[]; fetches: number; asset: Asset }> {
  const asset = Asset.parse(merge(folder.asset, fixture.asset ?? {}));
  const counted: CallKind[] = [];
  const answer = answering(fixture.answers);
  let fetches = 0;
  const client = folder.connect({
    endpoint: (name) => new URL(folder.endpoints[name] ?? "https://not-in-the-manifest.example"),
    now: () => fixture.now,
    count: (kind) => void counted.push(kind),
    fetch: (...request) => {
      fetches += 1;
      return answer(...request);
    },
  });
  const target: Target = { asset, accessToken: TOKEN, last: lastReading(fixture, asset) };
  const run = (): Promise<unknown> => {
    if (fixture.call === "look") return client.look(target, { expectAwake: fixture.expectAwake });
    if (fixture.call === "prepare") return client.prepare(target);
    if (!fixture.action) throw new Error("a command needs an action");
    return client.command(target, fixture.action, { until: fixture.until ?? plusMs(fixture.now, 3 * HOUR_MS) });
  };
  try {
    return { result: await run(), calls: counted, fetches, asset };
  } catch (thrown) {
    return { thrown, calls: counted, fetches, asset };
  }
}

/** The reading that a fixture expects, whole. */
export function expectedReading(reading: Record<string, unknown>, asset: Asset, receivedAt: Instant): Reading {
  return Reading.parse({ assetId: asset.assetId, stream: STREAM_OF_KIND[asset.kind], receivedAt, ...reading });
}

/** Each call takes the first unused answer for it, one meant for it before others; the last one serves for ever. */
function answering(answers: readonly Answer[]): Connection["fetch"] {
  const unused = [...answers];
  const used = new Map<string, Answer>();
  return async (input, init) => {
    const line = `${init?.method ?? "GET"} ${String(input)}`;
    const isFor = (answer: Answer) => answer !== "cut" && answer.on !== undefined && line.includes(answer.on);
    const isForAll = (answer: Answer) => answer === "cut" || answer.on === undefined;
    const index = unused.findIndex(isFor) >= 0 ? unused.findIndex(isFor) : unused.findIndex(isForAll);
    const [fresh] = index < 0 ? [] : unused.splice(index, 1);
    const key = fresh !== undefined && isFor(fresh) && fresh !== "cut" ? (fresh.on ?? "") : "";
    if (fresh !== undefined) used.set(key, fresh);
    const answer = fresh ?? [...used].find(([on]) => on !== "" && line.includes(on))?.[1] ?? used.get("");
    if (answer === undefined) throw new Error(`the fixture has no answer for ${line}`);
    if (answer === "cut") throw new TypeError("fetch failed");
    const text = typeof answer.body === "string" ? answer.body : JSON.stringify(answer.body);
    const hasBody = answer.status !== 204 && answer.status !== 304;
    return new Response(hasBody ? text : null, { status: answer.status, headers: answer.headers });
  };
}

const READING_OF = { charge: ChargeReading, heat: HeatReading, production: ProductionReading } as const;

function lastReading({ last, now }: Fixture, asset: Asset): Reading | undefined {
  if (!last) return undefined;
  const stream = STREAM_OF_KIND[asset.kind];
  const unknown = Object.fromEntries(Object.keys(READING_OF[stream].shape).map((key) => [key, null]));
  const observedAt = plusMs(now, -BEFORE_MS);
  const known = { assetId: asset.assetId, stream, observedAt, receivedAt: observedAt };
  return Reading.parse({ ...unknown, ...(stream === "heat" ? { powerEstimated: false } : {}), ...known, ...last });
}

function merge(base: object, changes: Record<string, unknown>): object {
  const merged = new Map<string, unknown>(Object.entries(base));
  for (const [key, value] of Object.entries(changes)) {
    const before = merged.get(key);
    merged.set(key, isFields(value) && isFields(before) ? merge(before, value) : value);
  }
  return Object.fromEntries(merged);
}

function isFields(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
