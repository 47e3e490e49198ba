import { describe, expect, it } from "vitest";
import { solarEdgeLogin } from "../../lambdas/integrations/solaredge/login.ts";
import { BASE, rejection } from "./solaredge-bench.ts";

const PAIR = { accessToken: "old-access", refreshToken: "old-refresh" };
const NEW = { access_token: "new-access", token_type: "Bearer", expires_in: 7200, refresh_token: "new-refresh" };

async function renew(status: number, body: unknown) {
  const sent: { url: string; body: unknown; type: string | null }[] = [];
  const renewal = solarEdgeLogin({
    endpoint: () => new URL(BASE),
    secret: async () => ({ clientId: "us", clientSecret: "secret" }),
    fetch: async (input, init) => {
      const type = new Headers(init?.headers).get("content-type");
      sent.push({ url: String(input), body: JSON.parse(String(init?.body)), type });
      if (status === 0) throw new TypeError("fetch failed");
      return new Response(typeof body === "string" ? body : JSON.stringify(body), { status });
    },
  });
  const ask = await renewal();
  return { sent, answer: ask(PAIR) };
}

describe("renewing a SolarEdge login", () => {
  it("posts JSON, and takes the pair that it is given", async () => {
    const { sent, answer } = await renew(200, NEW);
    expect(await answer).toEqual({
      kind: "renewed",
      accessToken: "new-access",
      refreshToken: "new-refresh",
      expiresInSeconds: 7200,
    });
    expect(sent).toEqual([
      {
        url: `${BASE}/oauth2/token`,
        type: "application/json",
        body: { grant_type: "refresh_token", refresh_token: "old-refresh", client_id: "us", client_secret: "secret" },
      },
    ]);
  });

  it.each([
    ["the real server's words", 400, { error: "Error", error_description: "Invalid code" }],
    ["the standard's word", 400, { error: "invalid_grant" }],
    ["another sentence", 401, { error: "Error", error_description: "Invalid refresh token" }],
  ])("is refused by %s", async (_, status, body) => {
    await expect((await renew(status, body)).answer).resolves.toEqual({ kind: "refused" });
  });

  it.each([
    ["a client that SolarEdge does not know", 401, { error: "invalid_client" }, "our-configuration", false],
    ["a wrong secret", 400, { error: "Error", error_description: "Invalid client secret" }, "our-configuration", false],
    ["a refusal never heard of", 400, { error: "Error", error_description: "Sunday" }, "malformed-message", false],
    ["a page instead of an answer", 400, "<html>", "malformed-message", false],
    ["an answer without tokens", 200, {}, "malformed-message", true],
    ["an answer without the next refresh token", 200, { ...NEW, refresh_token: undefined }, "malformed-message", true],
    ["a gateway's error", 504, "", "transient", true],
    ["no answer", 0, "", "transient", true],
    ["too many calls", 429, "", "transient", false],
    ["a retired interface", 410, "", "api-retired", false],
  ])("fails on %s, and nobody is asked to reconnect", async (_, status, body, fault, mayHaveActed) => {
    const thrown = await rejection((await renew(status, body)).answer);
    expect(thrown).toMatchObject({ fault, mayHaveActed });
    expect(JSON.stringify(thrown) + String(thrown)).not.toMatch(/(old|new)-(access|refresh)|secret"/);
  });
});
