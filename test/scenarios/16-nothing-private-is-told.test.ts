import fc from "fast-check";
import { expect, it } from "vitest";
import { MINUTE_MS } from "../../shared/domain/instant.ts";
import { createLog } from "../../shared/log.ts";
import type { FakeLog } from "../fakes/log.ts";
import { aMyUplinkCloud, anEaseeCloud, aSolarEdgeCloud, aTeslaCloud, aViessmannCloud } from "./clouds.ts";
import { aWorld, evening } from "./world.ts";

const EMAIL = "kim.private@mail.example";
const PLACE = ["51.50735", "-0.12776"] as const;
const PLANTED = [EMAIL, ...PLACE, "hush-client-secret", "hush-password"];
const SHORTEST_SECRET = 8;

/** As careless vendors do: all that was asked, and what they know of the customer, in the words of an error. */
function words(asked: string): string {
  return `user ${EMAIL} at ${PLACE.join(",")} (latitude=${PLACE[0]}, longitude: ${PLACE[1]}) asked ${asked} with client_secret=hush-client-secret&password=hush-password`;
}

const BODIES: readonly ((text: string) => string)[] = [
  (text) => text,
  (text) => `<html>${text}</html>`,
  (text) => JSON.stringify({ error: text, error_description: text, message: text, title: text, detail: text }),
  (text) => JSON.stringify({ errorCode: 204, errorCodeName: text, detail: text, details: [text], reason: text }),
  (text) =>
    JSON.stringify({ errorType: text, extendedPayload: { reason: text }, response: { result: false, reason: text } }),
];
/** What a field says in place of its own value. */
const FIELDS = [EMAIL, `${PLACE.join(",")}`, { home: `lat: ${PLACE[0]}, lon: ${PLACE[1]}` }, [{ owner: EMAIL }]];
const Planting = fc.record({ leaf: fc.nat(200), value: fc.constantFrom(...FIELDS) });
const Failing = fc.record({
  status: fc.constantFrom(400, 401, 403, 404, 405, 408, 409, 412, 421, 429, 500, 502, 503, 200),
  body: fc.nat(BODIES.length - 1),
});

/** What a login's requests and answers hold that nobody else may see. */
function secretsIn(text: string): string[] {
  const named = text.matchAll(/(?:token|secret|password)"?\s*[:=]\s*"?([^"&\s,}]+)/gi);
  return [...named]
    .map(([, value]) => decodeURIComponent(value ?? ""))
    .filter((value) => value.length >= SHORTEST_SECRET);
}

/** A vendor's answer whose n-th value is another. */
function withPlanted(text: string, n: number, value: unknown): string {
  let leaves = 0;
  const visited = (place: (key: string, now: unknown) => unknown) => JSON.stringify(JSON.parse(text), place);
  const isLeaf = (now: unknown) => now === null || typeof now !== "object";
  try {
    visited((_, now) => {
      if (isLeaf(now)) leaves += 1;
      return now;
    });
  } catch {
    return text;
  }
  let left = n % Math.max(1, leaves);
  return visited((_, now) => (isLeaf(now) && left-- === 0 ? value : now));
}

/** The lines as they would be written. */
function written(log: FakeLog): string {
  const lines: string[] = [];
  const own = createLog({
    service: "test",
    now: () => new Date(0),
    destination: { write: (line) => void lines.push(line) },
  });
  for (const { level, code, fields, error } of log.lines) {
    if (level === "error") own.error(code, error, fields as never);
    else own[level](code, fields as never);
  }
  return lines.join("");
}

it("tells no token, secret, VIN, address or place in logs, events and the ledger, whatever vendors say", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.option(fc.oneof(Failing, Planting), { freq: 3 }), { minLength: 20, maxLength: 60 }),
      async (answers) => {
        const clock = evening();
        const clouds = [];
        for (const build of [aTeslaCloud, anEaseeCloud, aViessmannCloud, aMyUplinkCloud, aSolarEdgeCloud])
          clouds.push((await build(clock)).cloud);
        const secrets = new Set<string>(PLANTED);
        for (const { assets } of clouds) for (const { vendorAssetId } of assets) secrets.add(vendorAssetId);
        let asked = 0;
        const world = await aWorld(clock, clouds, {
          between: async (ask, input, init) => {
            const bearer = new Headers(init?.headers).get("authorization");
            const body =
              typeof init?.body === "string" || init?.body instanceof URLSearchParams ? String(init.body) : "";
            if (bearer) secrets.add(bearer.replace(/^Bearer /, ""));
            for (const secret of secretsIn(body)) secrets.add(secret);
            const failing = answers[asked++ % answers.length];
            if (failing && "status" in failing) {
              const text = words(`${input} ${bearer} ${body}`);
              return new Response(BODIES[failing.body]?.(text), { status: failing.status });
            }
            const answer = await ask(input, init);
            const text = await answer.text();
            for (const secret of secretsIn(text)) secrets.add(secret);
            const planted = failing ? withPlanted(text, failing.leaf, failing.value) : text;
            return new Response(planted, { status: answer.status, headers: answer.headers });
          },
        });
        await world.pass(3 * MINUTE_MS);
        const commands = [
          await world.issue("car-0001", { kind: "charge.start", currentA: 16 }),
          await world.issue("charger-0001", { kind: "charge.stop" }),
        ];
        await world.pass(12 * MINUTE_MS);

        const rows = await Promise.all(commands.map((command) => world.row(command)));
        expect(world.log.lines.length).toBeGreaterThan(0);
        const told = { log: written(world.log), events: JSON.stringify(world.told), ledger: JSON.stringify(rows) };
        for (const [where, text] of Object.entries(told))
          for (const secret of secrets) expect(text.includes(secret), `${where} tells ${secret}`).toBe(false);
      },
    ),
    { numRuns: 5 },
  );
}, 60_000);
