import type { Command } from "commander";
import type { AssetId } from "../../shared/domain/asset.ts";
import type { CommandRow } from "../../shared/domain/command-row.ts";
import { mapLimited } from "../../shared/map-limited.ts";
import { type Break, firstBreak } from "../../shared/store/audit.ts";
import type { Trail } from "../../shared/store/commands.ts";
import { firstBrokenLine } from "../../shared/store/kill-switch.ts";
import { BadInput } from "../feeds/bad-input.ts";
import { actionText } from "./command-words.ts";
import { localClock } from "./local-time.ts";
import { plain, without, wrapped } from "./printable.ts";
import { findAsset } from "./status.ts";
import type { Target } from "./target.ts";

const IN_FLIGHT = 10;
/** Enough of a hash to find its line in the log. */
const HASH_SHOWN = 12;

/** Adds `audit verify` and `audit show`. */
export function addAuditCommands(root: Command, open: () => Promise<Target>, out: (text: string) => void): void {
  const audit = root.command("audit").description("the chained trail of every command");
  audit
    .command("verify")
    .description("checks that nothing was changed, removed or moved; exit code 1 names the first break")
    .option("--asset <id>", "of one asset only, such as car-0001")
    .action(async ({ asset }: { asset?: string }) => out(`${await verify(asset, await open())}\n`));
  audit
    .command("show")
    .description("an asset's trail, oldest first")
    .argument("<asset>", "assetId, such as car-0001")
    .action(async (assetId: string) => {
      const target = await open();
      const asset = await findAsset(assetId, target);
      const trail = await target.connection.commands.trail(asset.assetId);
      const lines = trailLines(assetId, trail, target, asset.site.timeZone);
      out(`${lines.map((line) => plain(without(asset.vendorAssetId, line))).join("\n")}\n`);
    });
}

async function verify(asset: string | undefined, target: Target): Promise<string> {
  const { connection, name } = target;
  const assetIds = asset ? [asset] : await everyAsset(target);
  const now = connection.now();
  const checked = await mapLimited(assetIds, IN_FLIGHT, async (assetId) => {
    const trail = await connection.commands.trail(assetId);
    return { assetId, commands: trail.rows.length, broken: firstBreak(trail, now) };
  });
  if (asset && checked[0]?.commands === 0 && !checked[0].broken)
    throw new BadInput(`No command of ${asset} is kept on ${name}: look at the id, or at another stage.`);
  const broken = checked.flatMap(({ assetId, broken: found }) => (found ? [{ assetId, ...found }] : []));
  const line = asset ? undefined : firstBrokenLine(await connection.killSwitch.history());
  if (line !== undefined) throw new AuditBroken([`the kill switch: line ${line} is not what was written`]);
  if (broken.length > 0) throw new AuditBroken(broken.map(breakText));
  const commands = checked.reduce((sum, one) => sum + one.commands, 0);
  return `The trail holds: ${commands} commands of ${assetIds.length} assets on ${name}.`;
}

/** A trail that does not hold: not bad input, and nothing to try again. */
class AuditBroken extends Error {
  constructor(breaks: readonly string[]) {
    const more = breaks.length > 1 ? `\nAnd ${breaks.length - 1} more.` : "";
    super(`The trail is broken at ${breaks[0]}.${more}\nNext: docs/runbooks/verifier.md, "a broken trail".`);
    this.name = "AuditBroken";
  }
}

function breakText({ assetId, commandId, why }: Break & { assetId: AssetId }): string {
  return `${assetId}, ${commandId}: ${why}`;
}

async function everyAsset({ connection }: Target): Promise<AssetId[]> {
  const fleets = await Promise.all(connection.fleets.map((fleet) => connection.assets.fleet(fleet)));
  return fleets.flat().map(({ assetId }) => assetId);
}

function trailLines(
  assetId: AssetId,
  { rows, unreadable }: Trail,
  { name, connection }: Target,
  zone: string,
): string[] {
  const clock = localClock(zone, connection.now());
  const commands = rows.toSorted((a, b) => a.sequence - b.sequence);
  const line = (row: CommandRow) => [
    "",
    ...wrapped(`${row.sequence}. `, `${actionText(row.action)}: ${row.reason}`),
    ...row.history.flatMap(({ at, status, by, faultClass, evidence, hash }) => [
      `   ${clock.second(at)}  ${status.padEnd(9)}  ${by.padEnd(12)}  ${hash.slice(0, HASH_SHOWN)}`,
      ...[faultClass, evidence].flatMap((text) => (text ? wrapped("      ", text) : [])),
    ]),
  ];
  const none = commands.length === 0 ? ["No command yet."] : [];
  return [
    `${assetId} on ${name}, times of ${clock.name}`,
    ...unreadable.map((commandId) => `${commandId}: its row cannot be read`),
    ...none,
    ...commands.flatMap(line),
  ];
}
