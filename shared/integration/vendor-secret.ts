import * as z from "zod";
import type { Manifest } from "../domain/manifest.ts";
import { ConfigError } from "../errors.ts";

type VendorSecret = Record<string, string>;

/**
 * The platform's own credentials at a vendor: every key that the manifest names, as text; read once, and again after a
 * failure, which is a ConfigError. The SDK's client is loaded with the first ask: logins live for hours, some vendors give
 * no secret, and most polls renew nothing.
 */
export function vendorSecret(
  { name, secretKeys }: Pick<Manifest, "name" | "secretKeys">,
  secretArn: string | undefined,
): () => Promise<VendorSecret> {
  const Secret = z.object(Object.fromEntries(secretKeys.map((key) => [key, z.string().min(1)])));
  let known: Promise<VendorSecret> | undefined;
  return () => {
    if (secretKeys.length === 0) return Promise.resolve({});
    known ??= read(secretArn)
      .then((text) => Secret.parse(JSON.parse(text)))
      .catch((cause) => {
        known = undefined;
        throw new ConfigError(`the ${name} secret must be JSON with ${secretKeys.join(", ")}`, { cause });
      });
    return known;
  };
}

async function read(SecretId: string | undefined): Promise<string> {
  const { SecretsManager } = await import("@aws-sdk/client-secrets-manager");
  const { SecretString = "{}" } = await new SecretsManager().getSecretValue({ SecretId });
  return SecretString;
}
