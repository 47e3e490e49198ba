import { describe, expect, it } from "vitest";
import { teslaLogin } from "../../lambdas/integrations/tesla/login.ts";

/** A login's renewal at a token host that gives this answer; what reached the host is kept. */
function aLogin(answer: { status: number; body: unknown }) {
  const sent: string[] = [];
  const renewal = teslaLogin({
    endpoint: () => new URL("https://auth.example"),
    secret: async () => ({ clientId: "us", clientSecret: "secret" }),
    fetch: async (_, init) => {
      sent.push(String(init?.body));
      return new Response(JSON.stringify(answer.body), {
        status: answer.status,
        headers: { "content-type": "application/json" },
      });
    },
  });
  return {
    sent,
    renew: async (accessToken: string, refreshToken: string) => (await renewal())({ accessToken, refreshToken }),
  };
}

describe("a login", () => {
  it("is renewed at Tesla's token host", async () => {
    const body = { access_token: "next", refresh_token: "next-refresh", expires_in: 28_800, token_type: "bearer" };
    const login = aLogin({ status: 200, body });
    await expect(login.renew("old", "old-refresh")).resolves.toMatchObject({ kind: "renewed", accessToken: "next" });
    expect(login.sent.join()).toContain("refresh_token=old-refresh");
  });

  it("of a compatible service does not renew, and its key is shown to nobody", async () => {
    const login = aLogin({ status: 200, body: {} });
    await expect(login.renew("a-key", "a-key")).resolves.toEqual({ kind: "refused" });
    expect(login.sent).toEqual([]);
  });
});
