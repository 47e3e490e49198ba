import type { Renewal } from "../auth.ts";
import type { Asset } from "../domain/asset.ts";
import type { Action } from "../domain/command.ts";
import type { Instant } from "../domain/instant.ts";
import type { Reading, Stream } from "../domain/reading.ts";
import type { Fetch } from "../http.ts";
import { oauthRenewal } from "../oauth.ts";

/** Kinds of vendor call with different prices and limits. */
export type CallKind = "state" | "data" | "command" | "wake";

/** What an integration is given to talk to its vendor. */
export type Connection = {
  fetch: Fetch;
  /** Base URLs by the manifest's endpoint names. */
  endpoint: (name: string) => URL;
  now: () => Instant;
  /** Counts a call, for metrics and money; called once per call, before it is made. */
  count: (kind: CallKind) => void;
};

/** One asset, and the login that reaches it. */
export type Target = {
  asset: Asset;
  accessToken: string;
  /** The last reading known; lets a client leave out a look or a command that changes nothing. */
  last: Reading | undefined;
};

/**
 * A fresh look at a device. `reading` is absent when the device cannot be reached and that is no fault (asleep).
 * `unknown` is what the vendor said and nobody documents, as told: those fields are null, and the rest stands.
 */
export type Look = { online: boolean; reading?: Reading; unknown?: readonly string[] };

/** What the vendor said to a command: taken, or the wanted state holds already. Anything else is thrown. */
type Taken = { withoutEffect: boolean };

/** A vendor's cloud behind our words. Every method throws VendorError with a class of the closed vocabulary. */
export type VendorClient = {
  /** Looks without waking. `expectAwake` skips the cheap state check; `stream` is for vendors whose devices have several. */
  look(target: Target, options: { expectAwake: boolean; stream?: Stream }): Promise<Look>;
  /** Makes the device able to take a command; `waitMs` says to come back later (it is waking). */
  prepare(target: Target): Promise<{ ready: true } | { ready: false; waitMs: number }>;
  /** Hands over a wanted state that is wanted until `until`: a device that can end it by itself is told so. */
  command(target: Target, action: Action, options: { until: Instant }): Promise<Taken>;
};

export type ConnectVendor = (connection: Connection) => VendorClient;
/** How a vendor's logins are renewed. `secret` holds the manifest's secret keys. */
export type Login = (given: {
  endpoint: (name: string) => URL;
  secret: () => Promise<Record<string, string>>;
  fetch: Fetch;
}) => Renewal;

/** Logins of a vendor that speaks OAuth; a secret without `clientSecret` makes us a public client. */
export function oauthLogin(tokenUrl: (endpoint: (name: string) => URL) => URL): Login {
  return ({ endpoint, secret, fetch }) =>
    oauthRenewal({
      fetch,
      client: async () => {
        const { clientId = "", clientSecret } = await secret();
        return { tokenUrl: tokenUrl(endpoint), clientId, clientSecret };
      },
    });
}
