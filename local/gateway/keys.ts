import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto";
import { AwsError } from "./aws-error.ts";

export type EncryptionContext = Record<string, string>;

const CIPHER = "aes-256-gcm";
const ID_BYTES = 32;
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** KMS symmetric keys: AES-256-GCM under a master key per KMS key, bound to the encryption context. */
export class Keys {
  readonly #masters = new Map<string, Buffer>();
  readonly #names = new Map<string, string>();

  /** `seed` makes the master key the same in every run, for a database file that outlives one. */
  add(keyId: string, arn: string, seed?: Buffer): void {
    const material = seed && createHash("sha256").update(seed).update(arn).digest();
    this.#masters.set(arn, material ?? randomBytes(32));
    this.#names.set(keyId, arn).set(arn, arn);
  }

  addAlias(name: string, aliasArn: string, target: string): void {
    const arn = this.#resolve(target);
    this.#names.set(name, arn).set(aliasArn, arn);
  }

  generateDataKey(
    keyId: string,
    bytes: number,
    context: EncryptionContext,
  ): { arn: string; key: Buffer; blob: Buffer } {
    const arn = this.#resolve(keyId);
    const key = randomBytes(bytes);
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv(CIPHER, this.#masters.get(arn) as Buffer, iv).setAAD(canonical(context));
    const sealed = Buffer.concat([cipher.update(key), cipher.final()]);
    return { arn, key, blob: Buffer.concat([fingerprint(arn), iv, cipher.getAuthTag(), sealed]) };
  }

  decrypt(blob: Buffer, context: EncryptionContext, keyId?: string): { arn: string; plaintext: Buffer } {
    const arn = [...this.#masters.keys()].find((one) => fingerprint(one).equals(blob.subarray(0, ID_BYTES)));
    if (arn === undefined) throw new AwsError("InvalidCiphertextException", "");
    if (keyId !== undefined && this.#resolve(keyId) !== arn) {
      const message = "The key ID in the request does not identify a CMK that can perform this operation.";
      throw new AwsError("IncorrectKeyException", message);
    }
    const iv = blob.subarray(ID_BYTES, ID_BYTES + IV_BYTES);
    const tag = blob.subarray(ID_BYTES + IV_BYTES, ID_BYTES + IV_BYTES + TAG_BYTES);
    try {
      const decipher = createDecipheriv(CIPHER, this.#masters.get(arn) as Buffer, iv, { authTagLength: TAG_BYTES });
      decipher.setAAD(canonical(context)).setAuthTag(tag);
      const sealed = blob.subarray(ID_BYTES + IV_BYTES + TAG_BYTES);
      return { arn, plaintext: Buffer.concat([decipher.update(sealed), decipher.final()]) };
    } catch {
      // As in AWS: a wrong context and a damaged blob look the same.
      throw new AwsError("InvalidCiphertextException", "");
    }
  }

  #resolve(keyId: string): string {
    const arn = this.#names.get(keyId);
    if (arn === undefined) throw new AwsError("NotFoundException", `Key '${keyId}' does not exist`);
    return arn;
  }
}

function fingerprint(arn: string): Buffer {
  return createHash("sha256").update(arn).digest();
}

function canonical(context: EncryptionContext): Buffer {
  return Buffer.from(JSON.stringify(Object.entries(context).sort(([a], [b]) => (a < b ? -1 : 1))));
}
