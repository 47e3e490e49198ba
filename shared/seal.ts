import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { DecryptCommand, GenerateDataKeyCommand, type KMSClient } from "@aws-sdk/client-kms";
import * as z from "zod";

/** A text encrypted under a KMS data key; every field is base64. */
export const Sealed = z.strictObject({ wrappedKey: z.string(), iv: z.string(), tag: z.string(), data: z.string() });
export type Sealed = z.infer<typeof Sealed>;

/** Whose text it is, `<integration>#<account>`: bound to the ciphertext, opening with another one fails. */
type Context = { account: string };

export type Sealer = {
  /** Has a data key ready; the returned function seals at once, with no further call that could fail. */
  prepare(context: Context): Promise<(plaintext: string) => Sealed>;
  open(sealed: Sealed, context: Context): Promise<string>;
};

type DataKey = { key: Buffer; wrappedKey: string; sealsLeft: number };

const REMEMBERED_KEYS = 500;
/** A key for each token would be asked of KMS again by every process that reads it, which costs more than all else of a poll. */
const SEALS_PER_KEY = 1000;

/**
 * Envelope encryption: AES-256-GCM, the account as additional authenticated data, under data keys that KMS opens for their
 * integration only. A process seals many texts of an integration with one data key, each with an IV of its own.
 */
export function kmsSealer(client: KMSClient, keyId: string): Sealer {
  const keys = new Map<string, Buffer>();
  const remember = (wrapped: string, key: Buffer) => {
    keys.set(wrapped, key);
    const oldest = keys.keys().next().value;
    if (keys.size > REMEMBERED_KEYS && oldest !== undefined) keys.delete(oldest);
  };

  const current = new Map<string, DataKey>();
  const dataKey = async (integration: string): Promise<DataKey> => {
    const known = current.get(integration);
    if (known && known.sealsLeft > 0) {
      known.sealsLeft -= 1;
      return known;
    }
    const answer = await client.send(
      new GenerateDataKeyCommand({ KeyId: keyId, KeySpec: "AES_256", EncryptionContext: { account: integration } }),
    );
    if (!answer.Plaintext || !answer.CiphertextBlob) throw new Error("KMS gave no data key");
    const key = Buffer.from(answer.Plaintext);
    const wrappedKey = Buffer.from(answer.CiphertextBlob).toString("base64");
    remember(wrappedKey, key);
    const fresh = { key, wrappedKey, sealsLeft: SEALS_PER_KEY - 1 };
    current.set(integration, fresh);
    return fresh;
  };

  return {
    async prepare(context) {
      const { key, wrappedKey } = await dataKey(integrationOf(context));
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
            EncryptionContext: { account: integrationOf(context) },
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

/** `<integration>#`, which the grants of each integration begin with. */
function integrationOf({ account }: Context): string {
  return account.slice(0, account.indexOf("#") + 1);
}

function associatedData(context: Context): Buffer {
  return Buffer.from(JSON.stringify(Object.entries(context).sort(([a], [b]) => (a < b ? -1 : 1))));
}
