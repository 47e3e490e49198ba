import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { DecryptCommand, GenerateDataKeyCommand, type KMSClient } from "@aws-sdk/client-kms";
import * as z from "zod";

/** A text encrypted under a KMS data key; every field is base64. */
export const Sealed = z.strictObject({ wrappedKey: z.string(), iv: z.string(), tag: z.string(), data: z.string() });
export type Sealed = z.infer<typeof Sealed>;

/** Bound to the ciphertext: opening with another context fails, and KMS logs it. */
type Context = Record<string, string>;

export type Sealer = {
  /** Fetches a data key; the returned function seals at once, with no further call that could fail. */
  prepare(context: Context): Promise<(plaintext: string) => Sealed>;
  open(sealed: Sealed, context: Context): Promise<string>;
};

const REMEMBERED_KEYS = 500;

/** Envelope encryption: KMS data keys, AES-256-GCM, the context as additional authenticated data. */
export function kmsSealer(client: KMSClient, keyId: string): Sealer {
  const keys = new Map<string, Buffer>();
  const remember = (wrapped: string, key: Buffer) => {
    keys.set(wrapped, key);
    const oldest = keys.keys().next().value;
    if (keys.size > REMEMBERED_KEYS && oldest !== undefined) keys.delete(oldest);
  };

  return {
    async prepare(context) {
      const answer = await client.send(
        new GenerateDataKeyCommand({ KeyId: keyId, KeySpec: "AES_256", EncryptionContext: context }),
      );
      if (!answer.Plaintext || !answer.CiphertextBlob) throw new Error("KMS gave no data key");
      const key = Buffer.from(answer.Plaintext);
      const wrappedKey = Buffer.from(answer.CiphertextBlob).toString("base64");
      remember(wrappedKey, key);
      return (plaintext) => {
        const iv = randomBytes(12);
        const cipher = createCipheriv("aes-256-gcm", key, iv).setAAD(associatedData(context));
        const data = Buffer.concat([cipher.update(plaintext, "utf8"), cipher.final()]);
        return {
          wrappedKey,
          iv: iv.toString("base64"),
          tag: cipher.getAuthTag().toString("base64"),
          data: data.toString("base64"),
        };
      };
    },

    async open(sealed, context) {
      let key = keys.get(sealed.wrappedKey);
      if (!key) {
        const answer = await client.send(
          new DecryptCommand({
            KeyId: keyId,
            CiphertextBlob: Buffer.from(sealed.wrappedKey, "base64"),
            EncryptionContext: context,
          }),
        );
        if (!answer.Plaintext) throw new Error("KMS did not open the data key");
        key = Buffer.from(answer.Plaintext);
        remember(sealed.wrappedKey, key);
      }
      const decipher = createDecipheriv("aes-256-gcm", key, Buffer.from(sealed.iv, "base64"))
        .setAAD(associatedData(context))
        .setAuthTag(Buffer.from(sealed.tag, "base64"));
      return decipher.update(Buffer.from(sealed.data, "base64"), undefined, "utf8") + decipher.final("utf8");
    },
  };
}

function associatedData(context: Context): Buffer {
  return Buffer.from(JSON.stringify(Object.entries(context).sort(([a], [b]) => (a < b ? -1 : 1))));
}
