import { expect, it } from "vitest";
import { type Instant, instant, MINUTE_MS, plusMs } from "../../shared/domain/instant.ts";
import { ConfigError } from "../../shared/errors.ts";
import { vendorSecret } from "../../shared/integration/vendor-secret.ts";

const START_MS = 1_795_000_000_000;
const acme = { name: "acme-cars", secretKeys: ["clientId", "clientSecret"] };

/** A secret whose text is changed by hand, and the count of its readings. */
function vault(text: string) {
  const vault = {
    text,
    reads: 0,
    now: (): Instant => instant(START_MS),
    read: async () => {
      vault.reads += 1;
      return vault.text;
    },
    pass: (ms: number) => {
      const at = plusMs(vault.now(), ms);
      vault.now = () => at;
    },
  };
  return vault;
}

const OLD = '{"clientId":"a","clientSecret":"old","placeholder":"x"}';

it("is read once for all who ask within five minutes, and a new one is found after them", async () => {
  const of = vault(OLD);
  const secret = vendorSecret(acme, { read: of.read, now: () => of.now() });
  const old = { clientId: "a", clientSecret: "old" };
  expect(await Promise.all([secret(), secret()])).toEqual([old, old]);
  of.text = OLD.replace("old", "new");
  of.pass(5 * MINUTE_MS - 1);
  expect(await secret()).toEqual(old);
  expect(of.reads).toBe(1);
  of.pass(1);
  expect(await secret()).toEqual({ clientId: "a", clientSecret: "new" });
  expect(of.reads).toBe(2);
});

it("that lacks a key is a ConfigError that names the keys and quotes nothing, and is read again with the next ask", async () => {
  const of = vault('{"clientSecret":"hush"}');
  const secret = vendorSecret(acme, { read: of.read, now: () => of.now() });
  const error = await secret().catch((thrown) => thrown);
  expect(error).toBeInstanceOf(ConfigError);
  expect(error.message).toBe("the acme-cars secret must be JSON with clientId, clientSecret");
  of.text = OLD;
  expect(await secret()).toEqual({ clientId: "a", clientSecret: "old" });
});

it("is not asked for where a vendor gives none", async () => {
  const of = vault("");
  expect(await vendorSecret({ name: "bolt", secretKeys: [] }, { read: of.read, now: () => of.now() })()).toEqual({});
  expect(of.reads).toBe(0);
});
