import * as z from "zod";
import { HTTP_TIMEOUT_MS, OPERATION, type Renewal, type RenewalAnswer } from "../../../shared/auth.ts";
import { VendorError } from "../../../shared/errors.ts";
import { call, type HttpAnswer, parseBody } from "../../../shared/http.ts";
import type { Login } from "../../../shared/integration/contract.ts";

const SolarEdgeTokens = z.looseObject({
  access_token: z.string().min(1),
  refresh_token: z.string().min(1),
  expires_in: z.coerce.number().positive(),
});
const SolarEdgeTokenError = z.looseObject({ error: z.string(), error_description: z.string().nullish() });

/** OAuth's refresh grant, but as JSON and with SolarEdge's own words: a used token is "Invalid code", not `invalid_grant`. */
export const solarEdgeLogin: Login = ({ endpoint, secret, fetch }): Renewal => {
  return async () => {
    const { clientId, clientSecret } = await secret();
    const url = new URL(`${endpoint("SOLAREDGE_API_URL").href.replace(/\/$/, "")}/oauth2/token`);
    return async ({ refreshToken }): Promise<RenewalAnswer> => {
      const answer = await call(fetch, {
        method: "POST",
        url,
        operation: OPERATION,
        headers: { "content-type": "application/json", accept: "application/json" },
        body: JSON.stringify({
          grant_type: "refresh_token",
          refresh_token: refreshToken,
          client_id: clientId,
          client_secret: clientSecret,
        }),
        timeoutMs: HTTP_TIMEOUT_MS,
      });
      return answer.status === 200 ? renewed(answer) : refused(answer);
    };
  };
};

function renewed(answer: HttpAnswer): RenewalAnswer {
  try {
    const tokens = parseBody(answer, SolarEdgeTokens, OPERATION);
    return {
      kind: "renewed",
      accessToken: tokens.access_token,
      refreshToken: tokens.refresh_token,
      expiresInSeconds: tokens.expires_in,
    };
  } catch (cause) {
    // A 200 that cannot be read has rotated the pair all the same. No cause: it could hold a token.
    const message = cause instanceof VendorError ? cause.message : "unreadable answer";
    throw new VendorError({
      fault: "malformed-message",
      operation: OPERATION,
      status: 200,
      message,
      mayHaveActed: true,
    });
  }
}

/** A refusal is an answer; anything else is thrown. */
function refused(answer: HttpAnswer): RenewalAnswer {
  const { status } = answer;
  if (status >= 500 || status === 429) {
    throw new VendorError({
      fault: "transient",
      operation: OPERATION,
      status,
      message: `HTTP ${status}`,
      // A gateway's error says nothing about what happened behind it, and a used token dies at once.
      mayHaveActed: status >= 500,
    });
  }
  if (status === 410) {
    throw new VendorError({ fault: "api-retired", operation: OPERATION, status, message: "the interface is retired" });
  }
  const { error, error_description: description } = parseBody(answer, SolarEdgeTokenError, OPERATION);
  if (/invalid_client|unauthorized_client/.test(error) || /client/i.test(description ?? "")) {
    throw new VendorError({
      fault: "our-configuration",
      operation: OPERATION,
      status,
      message: "SolarEdge does not know our client: correct the secret",
    });
  }
  if (/invalid_grant|invalid_token/.test(error) || /invalid (code|(refresh )?token|grant)/i.test(description ?? "")) {
    return { kind: "refused" };
  }
  throw new VendorError({
    fault: "malformed-message",
    operation: OPERATION,
    status,
    message: `unknown refusal "${error.slice(0, 30)}"`,
  });
}
