import * as z from "zod";
import { epochMs, type Instant, MINUTE_MS } from "../domain/instant.ts";
import type { Manifest } from "../domain/manifest.ts";
import { ConfigError } from "../errors.ts";

type VendorSecret = Record<string, string>;

/** A secret is read again after so long, so that a new one needs no restart of the processes that have the old. */
const READ_AGAIN_AFTER_MS = 5 * MINUTE_MS;

/**
 * The platform's own credentials at a vendor: every key that the manifest names, as text. Read when first asked for, and
 * again after five minutes or a failure, which is a ConfigError.
 */
export function vendorSecret(
  { name, secretKeys }: Pick<Manifest, "name" | "secretKeys">,
  { read, now }: { read: () => Promise<string>; now: () => Instant },
): () => Promise<VendorSecret> {
  const Secret = z.object(Object.fromEntries(secretKeys.map((key) => [key, z.string().min(1)])));
  let known: { secret: Promise<VendorSecret>; readAtMs: number } | undefined;
  return () => {
    if (secretKeys.length === 0) return Promise.resolve({});
    const nowMs = epochMs(now());
    if (known && nowMs - known.readAtMs < READ_AGAIN_AFTER_MS) return known.secret;
    const secret = read()
      .then((text) => Secret.parse(JSON.parse(text)))
      .catch((cause) => {
        known = undefined;
        throw new ConfigError(`the ${name} secret must be JSON with ${secretKeys.join(", ")}`, { cause });
      });
    known = { secret, readAtMs: nowMs };
    return secret;
  };
}

/**
 * The text of a secret in Secrets Manager. The SDK's client is loaded with the first ask: logins live for hours, some
 * vendors give no secret, and most polls renew nothing.
 */
export async function secretText(SecretId: string | undefined): Promise<string> {
  const { SecretsManager } = await import("@aws-sdk/client-secrets-manager");
  const { SecretString = "{}" } = await new SecretsManager().getSecretValue({ SecretId });
  return SecretString;
}
