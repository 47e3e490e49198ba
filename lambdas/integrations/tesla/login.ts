import { type Login, oauthLogin } from "../../../shared/integration/contract.ts";

const tesla = oauthLogin((endpoint) => new URL("/oauth2/v3/token", endpoint("TESLA_AUTH_URL")));

/**
 * Tesla's own logins, or the key of a compatible service, which is linked as both tokens: such a key does not renew, and
 * must not be shown to Tesla's token host. Once it is refused its customer links a new one.
 */
export const teslaLogin: Login = (given) => {
  const renewal = tesla(given);
  return async () => {
    const ask = await renewal();
    return async (pair) => (pair.accessToken === pair.refreshToken ? { kind: "refused" } : ask(pair));
  };
};
