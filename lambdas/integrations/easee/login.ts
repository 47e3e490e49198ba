import * as z from "zod";
import { HTTP_TIMEOUT_MS, OPERATION, type Renewal, type RenewalAnswer } from "../../../shared/auth.ts";
import { VendorError } from "../../../shared/errors.ts";
import { call, type Fetch, type HttpAnswer, isWebPage, parseBody } from "../../../shared/http.ts";
import type { Login } from "../../../shared/integration/contract.ts";
import { errorCodeOf, errorOf, INVALID_USER_PASSWORD } from "./errors.ts";

/** https://developer.easee.com/docs/authentication; an hour today and a day in older captures, so always obeyed. */
export const EaseeLogin = z.looseObject({
  accessToken: z.string().min(1),
  refreshToken: z.string().min(1),
  /** Seconds. */
  expiresIn: z.coerce.number().positive(),
});

/**
 * What renews a login: Easee's refresh token alone, or this as JSON. Easee has no consent of its own for customers, so a
 * login (an operator's, or a customer's who handed it over) may be kept with its password, sealed like any token.
 */
const Credentials = z.strictObject({
  userName: z.string().min(1),
  password: z.string().min(1),
  refreshToken: z.string().min(1).optional(),
});
type Credentials = z.infer<typeof Credentials>;

/** Refreshes with both tokens; when that is refused and the password is known, logs in again. */
export const easeeLogin: Login = ({ endpoint, fetch }) => easeeRenewal({ url: () => endpoint("EASEE_API_URL"), fetch });

export function easeeRenewal({ url, fetch }: { url: () => URL; fetch: Fetch }): Renewal {
  return async () => {
    const base = url();
    return async (pair) => {
      const credentials = credentialsOf(pair.refreshToken);
      const refreshToken = credentials ? credentials.refreshToken : pair.refreshToken;
      if (refreshToken !== undefined) {
        const renewed = await refresh(base, { accessToken: pair.accessToken, refreshToken }, credentials, fetch);
        if (renewed.kind === "renewed" || credentials === undefined) return renewed;
      }
      return credentials ? logIn(base, credentials, fetch) : { kind: "refused" };
    };
  };
}

async function refresh(
  base: URL,
  tokens: { accessToken: string; refreshToken: string },
  credentials: Credentials | undefined,
  fetch: Fetch,
): Promise<RenewalAnswer> {
  // Without a password a spent token is all there was.
  const mayHaveActed = credentials === undefined;
  const answer = await post(new URL("/api/accounts/refresh_token", base), tokens, mayHaveActed, fetch);
  if ((answer.status === 400 || answer.status === 401) && !isWebPage(answer.text)) return { kind: "refused" };
  return renewed(answer, credentials, mayHaveActed);
}

async function logIn(base: URL, credentials: Credentials, fetch: Fetch): Promise<RenewalAnswer> {
  const { userName, password } = credentials;
  const answer = await post(new URL("/api/accounts/login", base), { userName, password }, false, fetch);
  if (errorCodeOf(answer) === INVALID_USER_PASSWORD || answer.status === 401) return { kind: "refused" };
  return renewed(answer, credentials, false);
}

async function post(url: URL, body: unknown, mayHaveActed: boolean, fetch: Fetch): Promise<HttpAnswer> {
  try {
    return await call(fetch, {
      method: "POST",
      url,
      operation: OPERATION,
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
      timeoutMs: HTTP_TIMEOUT_MS,
    });
  } catch (cause) {
    throw new VendorError({ fault: "transient", operation: OPERATION, message: "no answer", mayHaveActed, cause });
  }
}

function renewed(answer: HttpAnswer, credentials: Credentials | undefined, mayHaveActed: boolean): RenewalAnswer {
  // A time in place of a number of seconds would need a clock; the caller's own back-off serves.
  if (answer.status !== 200) {
    const { fault, message, status } = errorOf(answer, OPERATION, "GET", 0);
    // What is said of chargers is not said of a login: an address that is not there is ours to correct.
    const ofLogin = status === 404 ? "our-configuration" : fault;
    throw new VendorError({
      fault: ofLogin === "token-expired" ? "transient" : ofLogin,
      operation: OPERATION,
      status,
      message,
    });
  }
  const given = parsed(answer, mayHaveActed);
  const next = { ...credentials, refreshToken: given.refreshToken };
  return {
    kind: "renewed",
    accessToken: given.accessToken,
    refreshToken: credentials ? JSON.stringify(next) : given.refreshToken,
    expiresInSeconds: given.expiresIn,
  };
}

function parsed(answer: HttpAnswer, mayHaveActed: boolean): z.infer<typeof EaseeLogin> {
  try {
    return parseBody(answer, EaseeLogin, OPERATION);
  } catch {
    // Without the cause: what could not be read may hold tokens.
    throw new VendorError({
      fault: "malformed-message",
      operation: OPERATION,
      status: answer.status,
      message: "unreadable answer",
      mayHaveActed,
    });
  }
}

function credentialsOf(refreshToken: string): Credentials | undefined {
  if (!refreshToken.startsWith("{")) return undefined;
  try {
    return Credentials.parse(JSON.parse(refreshToken));
  } catch {
    // Without the cause: it would print the password.
    throw new VendorError({
      fault: "our-configuration",
      operation: OPERATION,
      message: "the linked login must be a refresh token, or JSON with userName and password",
    });
  }
}
