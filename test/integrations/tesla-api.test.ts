import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { errorOf } from "../../lambdas/integrations/tesla/api-errors.ts";
import { FaultClass } from "../../shared/domain/fault.ts";
import { VendorError } from "../../shared/errors.ts";
import { anAsset } from "../builders.ts";
import {
  type Answer,
  aBench,
  aTarget,
  BASE,
  data,
  failure,
  rejection,
  SENT_WITH,
  said,
  state,
  TOKEN,
  VIN,
} from "./tesla-bench.ts";

const NORTH_AMERICA = "https://fleet-api.prd.na.vn.cloud.tesla.com";
const elsewhere = (url: string) => failure(421, `user out of region, use base URL: ${url}`);
const look = (bench: ReturnType<typeof aBench>) => bench.client.look(aTarget(), { expectAwake: true });

describe("an account in another region", () => {
  it("is followed once, with the token, to the region Tesla names", async () => {
    const bench = aBench([failure(421, `user out of region, use base URL: ${NORTH_AMERICA}`), data({})]);
    await expect(look(bench)).resolves.toMatchObject({ online: true });
    expect(bench.sent.map(({ url }) => url.origin)).toEqual([BASE, NORTH_AMERICA]);
    expect(bench.sent[1]?.url.pathname).toBe(`/api/1/vehicles/${VIN}/vehicle_data`);
    expect(bench.sent[1]?.authorization).toBe(`Bearer ${TOKEN}`);
    expect(bench.counted).toEqual(["data", "data"]);
  });

  it("is followed when the sentence goes on", async () => {
    const bench = aBench([failure(421, `use base URL: ${NORTH_AMERICA}, please`), data({})]);
    await expect(look(bench)).resolves.toMatchObject({ online: true });
  });

  it("is not followed twice", async () => {
    const bench = aBench([failure(421, `use base URL: ${NORTH_AMERICA}`)]);
    expect(await rejection(look(bench))).toMatchObject({ fault: "our-configuration", status: 421 });
    expect(bench.sent).toHaveLength(2);
  });

  it("is followed to the host of an Alt-Svc header, and past other addresses in the text", async () => {
    const refer = "see https://developer.tesla.com/docs and https://evil.example";
    const byHeader = failure(421, refer, { "alt-svc": 'h3=":443", h2="fleet-api.prd.na.vn.cloud.tesla.com:443"' });
    const byProxyForm = failure(421, "", { "alt-svc": `h2=${NORTH_AMERICA}` });
    const byText = failure(421, `${refer}; use base URL: ${NORTH_AMERICA}.`);
    for (const answer of [byHeader, byProxyForm, byText]) {
      const bench = aBench([answer, data({})]);
      await look(bench);
      expect(bench.sent.map(({ url }) => url.origin)).toEqual([BASE, NORTH_AMERICA]);
    }
  });

  it("is remembered for its customer, and for no other", async () => {
    const bench = aBench([elsewhere(NORTH_AMERICA), data({})]);
    const other = aTarget({ asset: anAsset({ integration: "tesla", vendorAssetId: VIN, accountId: "customer-0002" }) });
    await look(bench);
    await look(bench);
    await bench.client.command(aTarget(), { kind: "charge.stop" }, SENT_WITH).catch(() => undefined);
    await bench.client.look(other, { expectAwake: true });
    const hosts = bench.sent.map(({ url }) => url.origin);
    expect(hosts).toEqual([BASE, NORTH_AMERICA, NORTH_AMERICA, NORTH_AMERICA, BASE]);
  });

  it("is not remembered when that was the wrong one too", async () => {
    const bench = aBench([elsewhere(NORTH_AMERICA), elsewhere(NORTH_AMERICA), data({})]);
    await rejection(look(bench));
    await look(bench);
    expect(bench.sent.map(({ url }) => url.origin)).toEqual([BASE, NORTH_AMERICA, BASE]);
  });

  it("is not followed from a compatible service, whose key is not Tesla's", async () => {
    const bench = aBench([elsewhere(NORTH_AMERICA), data({})], { base: "https://api.compatible.example" });
    expect(await rejection(look(bench))).toMatchObject({ fault: "our-configuration", status: 421 });
    expect(bench.sent).toHaveLength(1);
  });

  it("is not followed by commands from the signing proxy, which finds the region itself", async () => {
    const bench = aBench([elsewhere(NORTH_AMERICA), said(true)], { commands: "https://proxy.example:4443" });
    const command = bench.client.command(aTarget(), { kind: "charge.stop" }, SENT_WITH);
    expect(await rejection(command)).toMatchObject({ fault: "our-configuration", status: 421 });
    expect(bench.sent.map(({ url }) => url.origin)).toEqual(["https://proxy.example:4443"]);
  });

  it("is followed on the configured host, which may be a proxy of ours", async () => {
    const base = "http://127.0.0.1:4443";
    const bench = aBench([failure(421, `use base URL: ${base}`), data({})], { base });
    await look(bench);
    expect(bench.sent.map(({ url }) => url.origin)).toEqual([base, base]);
  });

  it.each([
    "https://evil.example",
    "http://fleet-api.prd.na.vn.cloud.tesla.com",
    "http://fleet-api.prd.eu.vn.cloud.tesla.com",
    "https://fleet-api.prd.na.vn.cloud.tesla.com.evil.example",
    "https://fleet-api.prd.na.vn.cloud.tesla.com@evil.example",
    "https://evil.example/fleet-api.prd.na.vn.cloud.tesla.com",
    "https://evil-fleet-api.prd.na.vn.cloud.tesla.com",
    "https://fleet-api.prd.nat.vn.cloud.tesla.com",
    "https://fleet-api.prd.xx.vn.cloud.tesla.com",
    "https://fleet-api.prd.cn.vn.cloud.tesla.com",
    "https://fleet-api.prd.na.vn.cloud.tesla.com:8443",
    "https://fleet-api.prd.na.vn.cloud.tesla.com%2eevil.example",
    "https://fleet-api.prd.na.vn.cloud.tesla.com%23@evil.example",
    "https://tesla.com",
    "not a URL",
  ])("never sends the token to %s", async (host) => {
    const inHeader = failure(421, "user out of region", { "alt-svc": `h2="${host.replace(/^https:../, "")}"` });
    for (const answer of [elsewhere(host), ...(host.startsWith("https:") ? [inHeader] : [])]) {
      const bench = aBench([answer, data({})]);
      expect(await rejection(look(bench))).toMatchObject({ fault: "our-configuration", status: 421 });
      expect(bench.sent.map(({ url }) => url.origin)).toEqual([BASE]);
    }
  });

  it("never sends the token to a host that no one wrote down in Tesla's domain", async () => {
    await fc.assert(
      fc.asyncProperty(fc.webUrl({ withQueryParameters: true }), async (url) => {
        const bench = aBench([elsewhere(url), data({})]);
        await rejection(look(bench));
        expect(bench.sent.map((sent) => sent.url.origin)).toEqual([BASE]);
      }),
      { numRuns: 100 },
    );
  });
});

describe("a call", () => {
  it("names the car by its VIN, so that an id beyond what numbers can hold is never read", async () => {
    const text = `{"response":{"id":1492931520123456789,"vin":"${VIN}","state":"online"}}`;
    const bench = aBench([{ status: 200, body: text }]);
    await expect(bench.client.prepare(aTarget())).resolves.toEqual({ ready: true });
    expect(bench.sent[0]?.url.href).toBe(`${BASE}/api/1/vehicles/${VIN}`);
  });

  it("is counted once, before it is made, whether it is answered or not", async () => {
    const refused = aBench([failure(429, "Rate limit exceeded")]);
    await rejection(look(refused));
    const cut = aBench(["cut"]);
    await rejection(look(cut));
    expect([refused.counted, cut.counted]).toEqual([["data"], ["data"]]);
  });

  it("that got no answer may have acted if it was a command, and not if it was a look", async () => {
    expect(await rejection(look(aBench(["cut"])))).toMatchObject({ fault: "transient", mayHaveActed: false });
    const command = aBench(["cut"]).client.command(aTarget(), { kind: "charge.stop" }, SENT_WITH);
    expect(await rejection(command)).toMatchObject({ fault: "transient", mayHaveActed: true });
  });

  it("waits until the moment that Retry-After names", async () => {
    const at = failure(429, "Rate limit exceeded", { "retry-after": "Fri, 20 Nov 2026 23:01:31 GMT" });
    expect(await rejection(look(aBench([at])))).toMatchObject({ fault: "rate-limited", retryAfterMs: 90_000 });
    const unreadable = failure(429, "Rate limit exceeded", { "retry-after": "soon" });
    expect(await rejection(look(aBench([unreadable])))).toMatchObject({ retryAfterMs: undefined });
  });
});

describe("any answer", () => {
  const anything = fc.record({
    status: fc.integer({ min: 200, max: 599 }).filter((status) => ![204, 205, 304].includes(status)),
    body: fc.oneof(fc.string(), fc.json(), fc.constantFrom("", "null", "[]", '{"response":null}', "<html>")),
  });

  it("is a result or a fault of the vocabulary, and nothing else", async () => {
    await fc.assert(
      fc.asyncProperty(anything, fc.constantFrom("look", "prepare", "command"), async (answer: Answer, call) => {
        const { client } = aBench([answer]);
        const work: Promise<unknown> =
          call === "look"
            ? client.look(aTarget(), { expectAwake: false })
            : call === "prepare"
              ? client.prepare(aTarget())
              : client.command(aTarget(), { kind: "charge.stop" }, SENT_WITH);
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
        expect(errorOf({ status, headers: new Headers(), text }, "vehicle", "GET", 0).mayHaveActed).toBe(false);
      }),
    );
  });
});

describe("looking", () => {
  it("asks for the cheap state first, and leaves a sleeping car asleep", async () => {
    const bench = aBench([state("asleep")]);
    await expect(bench.client.look(aTarget(), { expectAwake: false })).resolves.toEqual({ online: false });
    expect(bench.counted).toEqual(["state"]);
  });

  it("skips the state of a car that should be awake, and never posts anything", async () => {
    const bench = aBench([failure(408, "vehicle unavailable: vehicle is offline or asleep")]);
    await expect(look(bench)).resolves.toEqual({ online: false });
    expect(bench.sent.map(({ method }) => method)).toEqual(["GET"]);
    expect(bench.counted).toEqual(["data"]);
  });
});
