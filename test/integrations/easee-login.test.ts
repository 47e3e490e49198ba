import { describe, expect, it } from "vitest";
import { easeeRenewal } from "../../lambdas/integrations/easee/login.ts";
import { rejection } from "./easee-bench.ts";

type Reply = { status: number; body: unknown } | "cut";

const GIVEN = {
  status: 200,
  body: {
    accessToken: "new-access",
    expiresIn: 3600.0,
    accessClaims: ["User"],
    tokenType: "Bearer",
    refreshToken: "new-refresh",
  },
};
const WRONG_PASSWORD = {
  status: 400,
  body: { errorCode: 100, errorCodeName: "InvalidUserPassword", title: "Invalid user name or password" },
};
const REFUSED = { status: 400, body: { errorCode: 101, errorCodeName: "InvalidRefreshToken" } };
const PASSWORD = { userName: "+4400000000", password: "open-sesame" };

async function renew(refreshToken: string | object, replies: readonly Reply[]) {
  const sent: { path: string; body: unknown }[] = [];
  const ask = await easeeRenewal({
    url: () => new URL("https://api.easee.com"),
    fetch: async (input, init) => {
      sent.push({ path: new URL(String(input)).pathname, body: JSON.parse(String(init?.body)) });
      const reply = replies[sent.length - 1];
      if (reply === undefined || reply === "cut") throw new TypeError("fetch failed");
      const body = typeof reply.body === "string" ? reply.body : JSON.stringify(reply.body);
      return new Response(body, { status: reply.status });
    },
  })();
  const stored = typeof refreshToken === "string" ? refreshToken : JSON.stringify(refreshToken);
  return { sent, answer: ask({ accessToken: "old-access", refreshToken: stored }) };
}

describe("renewing a login at Easee", () => {
  it("hands over both tokens and takes both anew, for as long as Easee says", async () => {
    const { sent, answer } = await renew("old-refresh", [GIVEN]);
    await expect(answer).resolves.toEqual({
      kind: "renewed",
      accessToken: "new-access",
      refreshToken: "new-refresh",
      expiresInSeconds: 3600,
    });
    expect(sent).toEqual([
      { path: "/api/accounts/refresh_token", body: { accessToken: "old-access", refreshToken: "old-refresh" } },
    ]);
  });

  it("obeys a life of a day as well", async () => {
    const { answer } = await renew("old-refresh", [{ ...GIVEN, body: { ...GIVEN.body, expiresIn: 86400.0 } }]);
    await expect(answer).resolves.toMatchObject({ expiresInSeconds: 86_400 });
  });

  it("is refused when the refresh token is, and there is no password", async () => {
    await expect((await renew("old-refresh", [REFUSED])).answer).resolves.toEqual({ kind: "refused" });
    await expect((await renew("old-refresh", [{ status: 401, body: "" }])).answer).resolves.toEqual({
      kind: "refused",
    });
  });

  it("logs in with the password that it was linked with, and keeps it beside the new refresh token", async () => {
    const { sent, answer } = await renew(PASSWORD, [GIVEN]);
    const renewed = await answer;
    expect(sent).toEqual([{ path: "/api/accounts/login", body: PASSWORD }]);
    expect(renewed).toMatchObject({ kind: "renewed", accessToken: "new-access" });
    if (renewed.kind === "renewed")
      expect(JSON.parse(renewed.refreshToken ?? "")).toEqual({ ...PASSWORD, refreshToken: "new-refresh" });
  });

  it("falls back to the password when the refresh is refused", async () => {
    const { sent, answer } = await renew({ ...PASSWORD, refreshToken: "spent" }, [REFUSED, GIVEN]);
    await expect(answer).resolves.toMatchObject({ kind: "renewed", accessToken: "new-access" });
    expect(sent.map(({ path }) => path)).toEqual(["/api/accounts/refresh_token", "/api/accounts/login"]);
  });

  it("is refused when the password was changed", async () => {
    const { answer } = await renew({ ...PASSWORD, refreshToken: "spent" }, [REFUSED, WRONG_PASSWORD]);
    await expect(answer).resolves.toEqual({ kind: "refused" });
  });

  it.each<[string, Reply, string, boolean]>([
    ["a lost answer may have spent the token", "cut", "transient", true],
    ["an unreadable answer has spent the token", { status: 200, body: "{}" }, "malformed-message", true],
    ["a gateway's page says nothing about a login", { status: 502, body: "<html>" }, "vendor-outage", false],
    ["a page with 400 says nothing about a login", { status: 400, body: "<html>" }, "vendor-outage", false],
    ["throttling says nothing about a login", { status: 429, body: "" }, "rate-limited", false],
    ["nor does a bare refusal", { status: 403, body: { message: "Forbidden" } }, "rate-limited", false],
  ])("%s", async (_, reply, fault, mayHaveActed) => {
    expect(await rejection((await renew("old-refresh", [reply])).answer)).toMatchObject({ fault, mayHaveActed });
  });

  it("loses nothing with a lost answer when it has the password", async () => {
    const { answer } = await renew({ ...PASSWORD, refreshToken: "old" }, ["cut"]);
    expect(await rejection(answer)).toMatchObject({ fault: "transient", mayHaveActed: false });
  });

  it("tells nobody the password, whatever goes wrong", async () => {
    const half = await rejection((await renew({ ...PASSWORD, extra: "open-sesame" }, [])).answer);
    const unreadable = await rejection((await renew(PASSWORD, [{ status: 200, body: { accessToken: "a" } }])).answer);
    for (const error of [half, unreadable]) {
      const { cause, stack, message } = error instanceof Error ? error : new Error("not an error");
      expect(`${message} ${stack} ${cause}`).not.toMatch(/sesame|4400/);
    }
    expect(half).toMatchObject({ fault: "our-configuration" });
  });
});
