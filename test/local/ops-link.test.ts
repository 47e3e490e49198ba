import { describe, expect, it } from "vitest";
import { plusMs } from "../../shared/domain/instant.ts";
import { fakePlatform, NOW, runOps } from "./ops-world.ts";

const LINK = ["link", "--integration", "acme", "--account", "customer-0001"];
const SECRETS = { accessToken: "access-9d1f", refreshToken: "refresh-77c2" };
const json = (more: object = {}) => JSON.stringify({ ...SECRETS, ...more });

function expectNoSecret(text: string): void {
  for (const secret of Object.values(SECRETS)) expect(text).not.toContain(secret);
}

describe("ops link", () => {
  it("seals the pair that is piped in, and prints none of it", async () => {
    const platform = fakePlatform();
    const { code, out, err } = await runOps(LINK, platform.target, json({ expiresInSeconds: 3600 }));
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expectNoSecret(out);
    const account = platform.accounts.get("acme#customer-0001");
    expect(account).toMatchObject({ version: 1, accessExpiresAt: plusMs(NOW, 3_600_000) });
    expect(JSON.parse(Buffer.from(account?.tokens.data ?? "", "base64").toString())).toEqual(SECRETS);
  });

  it("takes a key that does not renew for ten years, and no longer", async () => {
    const platform = fakePlatform();
    const years = (count: number) => runOps(LINK, platform.target, json({ expiresInSeconds: count * 365 * 86_400 }));
    expect((await years(11)).err).toContain("expiresInSeconds is missing or not usable");
    expect((await years(10)).code).toBe(0);
    expect(platform.accounts.get("acme#customer-0001")?.accessExpiresAt).toBe(plusMs(NOW, 3_650 * 86_400_000));
  });

  it("does not count on the life of an access token that it was not told", async () => {
    const platform = fakePlatform();
    const { out } = await runOps(LINK, platform.target, json());
    expect(platform.accounts.get("acme#customer-0001")?.accessExpiresAt).toBe(NOW);
    expect(out).toContain("Its first use renews the pair");
  });

  it("replaces a revoked login by a newer version", async () => {
    const platform = fakePlatform();
    await runOps(LINK, platform.target, json());
    const first = platform.accounts.get("acme#customer-0001");
    if (first) platform.accounts.set(first.account, { ...first, revokedAt: NOW });
    await runOps(LINK, platform.target, json());
    expect(platform.accounts.get("acme#customer-0001")).toMatchObject({ version: 2 });
    expect(platform.accounts.get("acme#customer-0001")?.revokedAt).toBeUndefined();
  });

  it.each<[what: string, stdin: string | undefined, says: string]>([
    ["a terminal", undefined, "link --integration acme --account customer-0001 < tokens.json"],
    ["nothing", "", "Standard input is empty"],
    ["text that is not JSON", `token ${SECRETS.accessToken}`, "is not JSON"],
    ["a list", JSON.stringify([SECRETS.accessToken]), "it is not one object"],
    ["half a pair", JSON.stringify({ accessToken: SECRETS.accessToken }), "refreshToken is missing or not usable"],
    ["an empty token", json({ refreshToken: "" }), "refreshToken is missing or not usable"],
    ["a field too many", json({ [SECRETS.accessToken]: 1 }), "there is a field besides these three"],
    ["a life of no length", json({ expiresInSeconds: 0 }), "expiresInSeconds is missing or not usable"],
    ["a life as text", json({ expiresInSeconds: "3600" }), "expiresInSeconds is missing or not usable"],
    ["more than any pair is long", json({ x: "x".repeat(70_000) }), "longer than any token pair"],
  ])("refuses %s, without quoting it, and stores nothing", async (_, stdin, says) => {
    const platform = fakePlatform();
    const { code, out, err } = await runOps(LINK, platform.target, stdin);
    expect(code).toBe(2);
    expect(err).toContain(says);
    expectNoSecret(out + err);
    expect(platform.accounts.size).toBe(0);
  });

  it.each<[what: string, args: string[], says: string]>([
    ["a token as an option", [...LINK, `--token=${SECRETS.accessToken}`], "unknown option '--token'"],
    ["a token as an argument", [...LINK, SECRETS.accessToken], "too many arguments"],
    [
      "a token for an account",
      ["link", "--integration", "acme", "--account", `${SECRETS.accessToken}.`],
      "--account must be",
    ],
    [
      "an unknown integration",
      ["link", "--integration", "acne", "--account", "customer-0001"],
      "must be one of: acme, warm, plugs, sunny",
    ],
    ["no integration", ["link", "--account", "customer-0001"], "--integration <name>' not specified"],
  ])("refuses %s", async (_, args, says) => {
    const platform = fakePlatform();
    const { code, out, err } = await runOps(args, platform.target, json());
    expect(code).toBe(2);
    expect(err).toContain(says);
    expectNoSecret(out + err);
    expect(platform.accounts.size).toBe(0);
  });
});
