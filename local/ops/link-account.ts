import { AssetId } from "../../shared/domain/asset.ts";
import { BadInput } from "../feeds/bad-input.ts";
import type { Integrations } from "./asset-file.ts";
import type { Connection } from "./connection.ts";
import { link } from "./registry.ts";
import { type Input, readTokens } from "./token-input.ts";

type Parts = Pick<Connection, "accounts" | "sealer" | "now">;

/** Seals and stores a customer's token pair, and says so without saying it. */
export async function linkAccount(
  login: { integration: string; account: string },
  input: Input,
  integrations: Integrations,
  open: () => Promise<{ name: string; connection: Parts }>,
): Promise<string> {
  const { integration } = login;
  if (!integrations.some(({ name }) => name === integration)) {
    throw new BadInput(`--integration must be one of: ${integrations.map(({ name }) => name).join(", ")}.`);
  }
  const accountId = AssetId.safeParse(login.account);
  // Not quoted: it could be a token in the wrong place.
  if (!accountId.success)
    throw new BadInput("--account must be an accountId: lower-case letters, digits and dashes, 3 to 64.");
  const usage = `npm run ops -- link --integration ${integration} --account ${accountId.data}`;
  const { expiresInSeconds, ...tokens } = await readTokens(input, usage);

  const { name, connection } = await open();
  // A life that is not known is not counted on: the first use renews the pair.
  await link({ integration, accountId: accountId.data, tokens, expiresInSeconds: expiresInSeconds ?? 0 }, connection);
  const life =
    expiresInSeconds === undefined
      ? "Its first use renews the pair."
      : `Its access token is good for ${expiresInSeconds} s and is renewed before that.`;
  return `${integration} account ${accountId.data} is linked on ${name}.\n${life}`;
}
