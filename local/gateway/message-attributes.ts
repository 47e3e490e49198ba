import { createHash } from "node:crypto";
import type { MessageAttribute } from "./queues.ts";

/** SQS's published digest of message attributes, which a client may check. */
export function messageAttributesMd5(attributes: Record<string, MessageAttribute>): string {
  const digest = createHash("md5");
  const add = (bytes: Buffer) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    digest.update(length).update(bytes);
  };
  for (const name of Object.keys(attributes).sort()) {
    const { DataType, StringValue, BinaryValue } = attributes[name] as MessageAttribute;
    add(Buffer.from(name));
    add(Buffer.from(DataType));
    digest.update(Buffer.from([BinaryValue === undefined ? 1 : 2]));
    add(BinaryValue === undefined ? Buffer.from(StringValue ?? "") : Buffer.from(BinaryValue, "base64"));
  }
  return digest.digest("hex");
}
