import { createHash } from "node:crypto";
import { AwsError } from "./aws-error.ts";

export type Secret = { name: string; arn: string; value: string | undefined };

/** Secrets Manager's GetSecretValue over values given when the platform starts. */
export class Secrets {
  readonly #secrets: Secret[] = [];

  add(secret: Secret): void {
    this.#secrets.push(secret);
  }

  find(id: string): Secret & { value: string; versionId: string } {
    // AWS also takes an ARN without its six random characters.
    const secret = this.#secrets.find(({ name, arn }) => id === name || id === arn || arn.replace(/-.{6}$/, "") === id);
    const value = secret?.value;
    if (!secret || value === undefined) {
      const missing = secret ? "the specified secret value for staging label: AWSCURRENT" : "the specified secret";
      throw new AwsError("ResourceNotFoundException", `Secrets Manager can't find ${missing}.`);
    }
    const versionId = createHash("sha256").update(value).digest("hex").slice(0, 32);
    return { ...secret, value, versionId };
  }
}
