import { randomBytes } from "node:crypto";
import { DecryptCommand, GenerateDataKeyCommand, KMSClient } from "@aws-sdk/client-kms";
import { mockClient } from "aws-sdk-client-mock";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { kmsSealer, type Sealed } from "../../shared/seal.ts";

const client = new KMSClient({ region: "eu-west-2" });
const kms = mockClient(client);
const ALEX = { account: "tesla#alex" };
const SAM = { account: "tesla#sam" };
const sealer = () => kmsSealer(client, "key-1");

/** KMS as documented: a data key opens only under the context it was made with. */
beforeEach(() => {
  kms.reset();
  const keys = new Map<string, { key: Buffer; context: string }>();
  kms.on(GenerateDataKeyCommand).callsFake((input) => {
    const key = randomBytes(32);
    const wrapped = randomBytes(64);
    keys.set(wrapped.toString("hex"), { key, context: JSON.stringify(input.EncryptionContext) });
    return { Plaintext: key, CiphertextBlob: wrapped };
  });
  kms.on(DecryptCommand).callsFake((input) => {
    const known = keys.get(Buffer.from(input.CiphertextBlob).toString("hex"));
    if (known?.context !== JSON.stringify(input.EncryptionContext)) throw new Error("InvalidCiphertextException");
    return { Plaintext: known.key };
  });
});

async function sealed(text = "a token pair"): Promise<Sealed> {
  const seal = await sealer().prepare(ALEX);
  return seal(text);
}

describe("a sealed text", () => {
  it("opens in another process under its own context", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "binary" }), async (text) => {
        expect(await sealer().open(await sealed(text), ALEX)).toBe(text);
      }),
      { numRuns: 25 },
    );
  });

  it("is refused by KMS to another integration", async () => {
    const other = { account: "easee#alex" };
    await expect(sealer().open(await sealed(), other)).rejects.toThrow("InvalidCiphertextException");
  });

  it("is refused as another customer's, in this process and in another", async () => {
    await expect(sealer().open(await sealed(), SAM)).rejects.toThrow();
  });

  it("is refused under another context even when its data key is remembered", async () => {
    const warm = sealer();
    const seal = await warm.prepare(ALEX);
    await expect(warm.open(seal("a token pair"), SAM)).rejects.toThrow();
    expect(kms.commandCalls(DecryptCommand)).toHaveLength(0);
  });

  it.each(["data", "tag", "iv"] as const)("is refused when its %s was changed", async (field) => {
    const text = await sealed();
    const bytes = Buffer.from(text[field], "base64");
    bytes[0] = (bytes[0] ?? 0) ^ 1;
    await expect(sealer().open({ ...text, [field]: bytes.toString("base64") }, ALEX)).rejects.toThrow();
  });

  it("does not show what it holds, nor that it holds the same as another", async () => {
    const seal = await sealer().prepare(ALEX);
    const [one, two] = [seal("a token pair"), seal("a token pair")];
    expect(one.data).not.toBe(two.data);
    expect(one.iv).not.toBe(two.iv);
    expect(Buffer.from(one.data, "base64").toString()).not.toContain("token");
  });
});

describe("a data key", () => {
  it("is fetched before sealing, which then calls nothing", async () => {
    const seal = await sealer().prepare(ALEX);
    expect(kms.calls()).toHaveLength(1);
    seal("a token pair");
    expect(kms.calls()).toHaveLength(1);
  });

  it("seals many texts of an integration, for whoever they are of, and none of another integration", async () => {
    const one = sealer();
    const keys: string[] = [];
    for (const whose of [ALEX, SAM, { account: "easee#alex" }, SAM]) {
      const seal = await one.prepare(whose);
      keys.push(seal("a token pair").wrappedKey);
    }
    expect(keys[1]).toBe(keys[0]);
    expect(keys[3]).toBe(keys[0]);
    expect(keys[2]).not.toBe(keys[0]);
    const asked = kms.commandCalls(GenerateDataKeyCommand).map(({ args }) => args[0].input.EncryptionContext);
    expect(asked).toEqual([{ account: "tesla#" }, { account: "easee#" }]);
  });

  it("is replaced after a thousand texts", async () => {
    const one = sealer();
    for (let i = 0; i < 1000; i++) await one.prepare(ALEX);
    expect(kms.commandCalls(GenerateDataKeyCommand)).toHaveLength(1);
    await one.prepare(ALEX);
    expect(kms.commandCalls(GenerateDataKeyCommand)).toHaveLength(2);
  });

  it("is remembered, so that reading an account again asks KMS nothing", async () => {
    const text = await sealed();
    const warm = sealer();
    await warm.open(text, ALEX);
    await warm.open(text, ALEX);
    expect(kms.commandCalls(DecryptCommand)).toHaveLength(1);
  });
});
