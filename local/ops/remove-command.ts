import type { Command } from "commander";
import { AssetId } from "../../shared/domain/asset.ts";
import { MINUTE_MS } from "../../shared/domain/instant.ts";
import { BadInput } from "../feeds/bad-input.ts";
import type { World } from "./cli.ts";
import { actionText } from "./command-words.ts";
import { GIVE_BACK_MS, type Held, handBack, heldOf } from "./hand-back.ts";
import { field } from "./printable.ts";
import { type Receipt, type Request, remove, SETTLE_MS, survey } from "./removal.ts";
import type { Removal } from "./removal-store.ts";
import type { Target } from "./target.ts";

type Options = { asset?: string; yes?: true; json?: true };

const MINUTES = { giveBack: GIVE_BACK_MS / MINUTE_MS, settle: SETTLE_MS / MINUTE_MS };

/** Adds `remove`, a dry run without `--yes`. */
export function addRemove(
  root: Command,
  open: () => Promise<Target>,
  world: Pick<World, "out" | "err" | "integrations" | "wait">,
): void {
  root
    .command("remove")
    .description("removes a customer: lists what would go; with --yes it goes, for good")
    .argument("<integration>", "folder name of the integration")
    .argument("<account>", "the accountId")
    .option("--asset <id>", "only this asset of the account; the login stays")
    .option("--yes", "remove it")
    .option("--json", "for scripts")
    .action(async (integration: string, account: string, { asset, yes, json }: Options) => {
      const integrations = await world.integrations();
      const names = integrations.map(({ name }) => name);
      if (!names.includes(integration)) throw new BadInput(`The integration must be one of: ${names.join(", ")}.`);
      const request: Request = { integration, accountId: idOf(account), assetId: asset && idOf(asset) };
      const target = await open();
      const { connection } = target;
      const removal = await survey(request, integrations, connection);
      if (!removal) {
        const what = asset ? `no asset ${asset} of it` : "nothing of it";
        world.out(json ? "null\n" : `${integration} account ${account}: ${what} is stored on ${target.name}.\n`);
        return;
      }
      const before = await heldBy(removal, target);
      if (!yes) {
        const told = { ...removal, held: before.map((one) => ({ ...one, action: actionText(one.action) })) };
        world.out(`${json ? JSON.stringify(told, null, 2) : surveyText(removal, before, target)}\n`);
        return;
      }
      let held = before;
      if (before.some(({ isReachable }) => isReachable)) {
        world.err(`What we hold is given back to its owner first, which takes up to ${MINUTES.giveBack} minutes.\n`);
        held = await handBack(before, connection, world.wait);
      }
      world.err(`What an invocation has under way ends within ${MINUTES.settle} minutes, and is removed then.\n`);
      const receipt = await remove(removal, integrations, connection, world.wait);
      world.out(`${json ? JSON.stringify(receipt, null, 2) : receiptText(receipt, { before, held }, target)}\n`);
    });
}

function idOf(text: string): AssetId {
  const id = AssetId.safeParse(text);
  // Not quoted: it could be anything.
  if (!id.success)
    throw new BadInput("An account or asset is named by lower-case letters, digits and dashes, 3 to 64.");
  return id.data;
}

/** Of a removal that goes on, the commands may be gone already. */
function heldBy({ assets, trails }: Removal, { connection }: Target): Promise<Held[]> {
  return heldOf(trails ? [] : assets.map(({ assetId }) => assetId), connection);
}

function surveyText(removal: Removal, held: readonly Held[], { name }: Target): string {
  const { integration, accountId, withLogin, assets, startedAt, sweptAt, trails } = removal;
  const scope = withLogin ? "the account, its login" : "of the account";
  const one = assets.length === 1 ? assets[0] : undefined;
  const again = `npm run ops -- remove ${integration} ${accountId}${withLogin || !one ? "" : ` --asset ${one.assetId}`} --yes`;
  return [
    `${integration} account ${accountId} on ${name}`,
    ...field("would go", `${scope} and ${assets.length} ${assets.length === 1 ? "asset" : "assets"}`),
    ...rowLines(removal.rows),
    ...(sweptAt || trails ? field("begun", `${startedAt}, and not ended yet`) : []),
    ...held.flatMap((one) => (one.isReachable ? givenBackLine(one) : heldLine(one))),
    ...loginLines(withLogin),
    "Nothing was removed. It cannot be undone but by restoring whole tables:",
    `  ${again}`,
  ].join("\n");
}

function receiptText(
  receipt: Receipt,
  { before, held }: { before: readonly Held[]; held: readonly Held[] },
  { name }: Target,
): string {
  const { scope, assets, rows, commands, heads } = receipt;
  return [
    `Removed from ${name}: ${scope === "account" ? "a whole account" : "assets of an account"} of ${receipt.integration}.`,
    ...field("from", receipt.startedAt),
    ...field("to", receipt.endedAt),
    ...field("assets", String(assets)),
    ...rowLines(rows),
    ...field("trails", `${commands} commands; they ended at`),
    ...heads.flatMap((head) => field("", head)),
    ...field("receipt", receipt.hash),
    ...before.flatMap(({ assetId }) =>
      held.some((one) => one.assetId === assetId) ? [] : field("given back", assetId),
    ),
    ...held.flatMap(heldLine),
    ...loginLines(scope === "account"),
  ].join("\n");
}

function rowLines(rows: Record<string, number>): string[] {
  return Object.entries(rows)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([table, count], index) =>
      field(index === 0 ? "rows" : "", `${String(count).padStart(5)} of table ${table}`),
    );
}

function heldLine({ assetId, action }: Held): string[] {
  const told = `${assetId} was told "${actionText(action)}" last and stays so until its owner or its own schedule acts`;
  return field("left as is", told);
}

function givenBackLine({ assetId, action }: Held): string[] {
  return field("given back", `${assetId} first: it was told "${actionText(action)}" last`);
}

/** No vendor's client here has a call that revokes. */
function loginLines(withLogin: boolean): string[] {
  if (!withLogin) return field("login", "stays: it is the account's");
  return field(
    "login",
    "only our copy goes. We cannot revoke it at the vendor: ask the customer to end our access in the vendor's app.",
  );
}
