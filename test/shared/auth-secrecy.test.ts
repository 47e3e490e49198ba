import { describe, expect, it } from "vitest";
import type { Fetch } from "../../shared/http.ts";
import { createLog } from "../../shared/log.ts";
import { AFTER_LEASE_MS, anExpiredLogin, secrets } from "./auth-bench.ts";

/** Answers that repeat the refresh token they were asked with, as a careless vendor's error page might. */
const ANSWERS: [string, (form: string) => Response | Error][] = [
  ["a refusal", (form) => Response.json({ error: "invalid_grant", error_description: form }, { status: 400 })],
  ["a wrong client", (form) => Response.json({ error: "invalid_client", error_description: form }, { status: 401 })],
  ["an outage", (form) => new Response(form, { status: 502 })],
  ["an unreadable answer", (form) => Response.json({ echo: form })],
  ["a web page", (form) => new Response(`<html>${form}</html>`, { status: 200 })],
  ["a broken connection", () => new TypeError("fetch failed")],
];

describe("tokens and secrets", () => {
  it.each(ANSWERS)("appear in no log line and no error on %s", async (_, answer) => {
    const login = await anExpiredLogin("strict");
    const lines: string[] = [];
    const written = createLog({
      service: "tesla",
      now: () => new Date(0),
      destination: { write: (line) => void lines.push(line) },
    });
    const fetch: Fetch = async (_url, init) => {
      const result = answer(String(init?.body));
      if (result instanceof Error) throw result;
      return result;
    };
    for (let attempt = 0; attempt < 2; attempt++) {
      await login
        .worker({ fetch })
        .accessToken("alex")
        .catch((error: unknown) => written.error("INVOCATION_FAILED", error));
      login.clock.advance(AFTER_LEASE_MS);
    }
    expect(lines).toHaveLength(2);
    const told = lines.join("\n") + JSON.stringify(login.log.lines);
    for (const secret of secrets(login, login.pair)) expect(told).not.toContain(secret);
  });

  it("appear in no log line when all goes well", async () => {
    const login = await anExpiredLogin("grace");
    await login.worker().accessToken("alex");
    expect(login.log.codes()).toEqual(["TOKEN_REFRESHED"]);
    const told = JSON.stringify(login.log.lines);
    for (const secret of secrets(login, await login.storedPair())) expect(told).not.toContain(secret);
  });
});
