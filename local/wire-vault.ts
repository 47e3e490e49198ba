import { createHash, randomBytes } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { Keys } from "./gateway/keys.ts";
import { Secrets } from "./gateway/secrets.ts";
import type { Model } from "./model.ts";

/** The stage's KMS keys. Beside a database file, their seed is kept too: what it encrypts outlives the run. */
export function wireKeys(model: Model, dbPath: string | undefined): Keys {
  const seed = dbPath === undefined ? undefined : keptSeed(`${dbPath}.key`);
  const keys = new Keys();
  for (const { ref, attributes } of model.of("AWS::KMS::Key")) keys.add(ref, attributes.Arn as string, seed);
  for (const { ref, attributes, properties } of model.of("AWS::KMS::Alias")) {
    keys.addAlias(ref, attributes.Arn as string, properties.TargetKeyId);
  }
  return keys;
}

function keptSeed(path: string): Buffer {
  if (!existsSync(path)) writeFileSync(path, randomBytes(32), { mode: 0o600 });
  return readFileSync(path);
}

/**
 * The stage's secrets. Values given by the host come first: by secret name, logical id, or logical id without the eight
 * characters that CDK puts behind it. A generated value is the same in every run.
 */
export function wireSecrets(model: Model, given: Record<string, string>): Secrets {
  const secrets = new Secrets();
  const unused = new Set(Object.keys(given));
  for (const { logicalId, stackName, ref: arn, properties } of model.of("AWS::SecretsManager::Secret")) {
    const name = arn.split(":secret:")[1]?.replace(/-.{6}$/, "") as string;
    const key = [name, logicalId, logicalId.replace(/[0-9A-F]{8}$/, "")].find((one) => Object.hasOwn(given, one));
    const generate = properties.GenerateSecretString;
    const generated = generate && generatedValue(`${stackName}/${logicalId}`, generate);
    secrets.add({ name, arn, value: key === undefined ? (properties.SecretString ?? generated) : given[key] });
    if (key !== undefined) unused.delete(key);
  }
  if (unused.size > 0) throw new Error(`No secret of this stage is called ${[...unused].join(", ")}`);
  return secrets;
}

function generatedValue(
  seed: string,
  {
    SecretStringTemplate,
    GenerateStringKey,
  }: { SecretStringTemplate?: string | undefined; GenerateStringKey?: string | undefined },
): string {
  const password = createHash("sha256").update(seed).digest("hex").slice(0, 32);
  if (GenerateStringKey === undefined) return password;
  return JSON.stringify({ ...(JSON.parse(SecretStringTemplate ?? "{}") as object), [GenerateStringKey]: password });
}
