import type { Asset } from "../../shared/domain/asset.ts";
import type { Command } from "../../shared/domain/command.ts";
import { epochMs, type Instant } from "../../shared/domain/instant.ts";
import { actionText } from "./command-words.ts";
import { duration, localClock } from "./local-time.ts";
import { wrapped } from "./printable.ts";
import type { Target } from "./target.ts";

/** A row of the ledger with how long after its moment it was proved; null unless confirmed. */
export type LedgerRow = Command & { confirmedAfterMs: number | null };

/** The asset's newest commands, newest first. */
export async function ledger(asset: Asset, limit: number, { connection }: Target): Promise<LedgerRow[]> {
  const commands = await connection.commands.recent(asset.assetId, limit);
  return commands
    .slice(0, limit)
    .sort((a, b) => epochMs(b.issuedAt) - epochMs(a.issuedAt))
    .map((command) => ({ ...command, confirmedAfterMs: confirmedAfterMs(command) }));
}

/** The ledger for a person: two or more lines a command, at most 80 columns. */
export function ledgerText(asset: Asset, rows: readonly LedgerRow[], target: string, now: Instant): string {
  if (rows.length === 0) return `${asset.assetId} on ${target}: no command yet.`;
  const clock = localClock(asset.site.timeZone, now);
  const width = Math.max(...rows.map((row) => clock.second(row.issuedAt).length));
  return [
    `${asset.assetId} on ${target}, times of ${clock.name}`,
    `  ${"issued".padEnd(width)}  action      status     confirmed    tries  fault`,
    ...rows.flatMap((row) => [
      [
        `  ${clock.second(row.issuedAt).padEnd(width)}`,
        actionText(row.action).padEnd(10),
        row.status.padEnd(9),
        (row.confirmedAfterMs === null ? "-" : `in ${duration(row.confirmedAfterMs)}`).padEnd(13),
        `${String(row.attempts).padEnd(4)}`,
        row.faultClass ?? "",
      ]
        .join("  ")
        .trimEnd(),
      ...wrapped(
        "    ",
        [row.reason, ...(row.withoutEffect ? ["it was so already"] : []), row.evidence ?? []].flat().join("; "),
      ),
    ]),
  ].join("\n");
}

// Commands are issued a little early on purpose: the wait begins when the device was to be told.
function confirmedAfterMs({ status, issuedAt, notBefore, endedAt }: Command): number | null {
  if (status !== "confirmed" || !endedAt) return null;
  return epochMs(endedAt) - Math.max(epochMs(issuedAt), epochMs(notBefore));
}
