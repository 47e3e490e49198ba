import * as oauth from "oauth4webapi";
import { HTTP_TIMEOUT_MS, OPERATION, type Renewal, type RenewalAnswer } from "./auth.ts";
import { VendorError } from "./errors.ts";
import type { Fetch } from "./http.ts";

// What vendors answer instead of, or besides, the standard's invalid_grant.
const REFUSALS = ["invalid_grant", "login_required", "invalid_token"];
/** Our own registration is wrong: no customer can mend that. */
const UNKNOWN_CLIENT = ["invalid_client", "unauthorized_client"];

/** What a vendor's OAuth server is called and how it knows us; a public client has no secret. */
type OAuthClient = { tokenUrl: URL; clientId: string; clientSecret?: string | undefined };

/** The standard's refresh-token grant. */
export function oauthRenewal(deps: { client: () => Promise<OAuthClient>; fetch: Fetch }): Renewal {
  return async () => {
    const client = await deps.client();
    return (pair) => refresh(client, pair.refreshToken, deps.fetch);
  };
}

async function refresh(
  { tokenUrl, clientId, clientSecret }: OAuthClient,
  refreshToken: string,
  fetch: Fetch,
): Promise<RenewalAnswer> {
  const server: oauth.AuthorizationServer = { issuer: tokenUrl.origin, token_endpoint: tokenUrl.href };
  const client: oauth.Client = { client_id: clientId };
  let response: Response;
  try {
    response = await oauth.refreshTokenGrantRequest(
      server,
      client,
      clientSecret === undefined ? oauth.None() : oauth.ClientSecretPost(clientSecret),
      refreshToken,
      {
        [oauth.customFetch]: (url, init) => fetch(url, { ...init, signal: AbortSignal.timeout(HTTP_TIMEOUT_MS) }),
        [oauth.allowInsecureRequests]: isLoopback(tokenUrl),
      },
    );
  } catch (cause) {
    throw new VendorError({
      fault: "transient",
      operation: OPERATION,
      message: "no answer",
      mayHaveActed: true,
      cause,
    });
  }
  if (response.status >= 500 || response.status === 429) {
    throw new VendorError({
      fault: "transient",
      operation: OPERATION,
      status: response.status,
      message: `HTTP ${response.status}`,
    });
  }
  try {
    const result = await oauth.processRefreshTokenResponse(server, client, await toBareAnswer(response));
    return {
      kind: "renewed",
      accessToken: result.access_token,
      refreshToken: result.refresh_token,
      expiresInSeconds: result.expires_in ?? 3600,
    };
  } catch (cause) {
    if (cause instanceof oauth.ResponseBodyError && REFUSALS.includes(cause.error)) return { kind: "refused" };
    if (cause instanceof oauth.ResponseBodyError && UNKNOWN_CLIENT.includes(cause.error)) {
      throw new VendorError({
        fault: "our-configuration",
        operation: OPERATION,
        message: "the vendor does not know our client",
        cause,
      });
    }
    // A 200 that cannot be read has rotated the pair all the same.
    throw new VendorError({
      fault: "malformed-message",
      operation: OPERATION,
      status: response.status,
      message: "unreadable answer",
      mayHaveActed: response.ok,
      cause,
    });
  }
}

/**
 * We use OAuth, not OpenID: an id token is neither needed nor verified, so it is dropped unread. An authentication
 * challenge is dropped too, because it would hide the body, which tells a refused login from a wrong client.
 */
async function toBareAnswer(response: Response): Promise<Response> {
  const headers = new Headers(response.headers);
  headers.delete("www-authenticate");
  const text = await response.text();
  const body = bodyOf(text);
  if (body === undefined) return new Response(text, { status: response.status, headers });
  const { id_token: _, ...rest } = body;
  return new Response(JSON.stringify(rest), { status: response.status, headers });
}

function bodyOf(text: string): Record<string, unknown> | undefined {
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === "object" && body !== null ? { ...body } : undefined;
  } catch {
    return undefined;
  }
}

function isLoopback(url: URL): boolean {
  return url.hostname === "127.0.0.1" || url.hostname === "localhost" || url.hostname === "[::1]";
}
