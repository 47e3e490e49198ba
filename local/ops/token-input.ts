import { z } from "zod";
import { TokenPair } from "../../shared/auth.ts";
import { BadInput } from "../feeds/bad-input.ts";

export type Input = AsyncIterable<string | Uint8Array> & { isTTY?: boolean | undefined };

const MAX_BYTES = 64 * 1024;
const SHAPE = '{"accessToken": "…", "refreshToken": "…", "expiresInSeconds": 28800}';

const Tokens = TokenPair.extend({
  /** Of the access token, from now: ten years of a key that does not renew. */
  expiresInSeconds: z
    .number()
    .int()
    .positive()
    .max(3_653 * 86_400)
    .optional(),
});
export type Tokens = z.infer<typeof Tokens>;

/** Reads a token pair as JSON from standard input. No message of its errors quotes what it read. */
export async function readTokens(input: Input, usage: string): Promise<Tokens> {
  if (input.isTTY) {
    throw new BadInput(
      `The token pair is read from standard input, so that no shell history keeps it:\n  ${usage} < tokens.json\nwith ${SHAPE} in the file.`,
    );
  }
  const text = await all(input);
  if (text.trim() === "") throw new BadInput(`Standard input is empty; it must hold ${SHAPE}.`);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new BadInput(`Standard input is not JSON; it must hold ${SHAPE}.`);
  }
  const parsed = Tokens.safeParse(json);
  if (parsed.success) return parsed.data;
  const fields = parsed.error.issues.map((issue) => {
    if (issue.code === "unrecognized_keys") return "there is a field besides these three";
    if (issue.path.length === 0) return "it is not one object";
    return `${issue.path.join(".")} is missing or not usable`;
  });
  throw new BadInput(`Standard input must hold ${SHAPE}: ${[...new Set(fields)].join("; ")}.`);
}

async function all(input: Input): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of input) {
    const part = typeof chunk === "string" ? new TextEncoder().encode(chunk) : chunk;
    bytes += part.length;
    if (bytes > MAX_BYTES) throw new BadInput("Standard input is longer than any token pair.");
    chunks.push(part);
  }
  return new TextDecoder().decode(Buffer.concat(chunks)).replace(/^\uFEFF/, "");
}
