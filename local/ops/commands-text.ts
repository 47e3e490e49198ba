import type { Asset } from "../../shared/domain/asset.ts";
import type { Command } from "../../shared/domain/command.ts";
import { epochMs, type Instant } from "../../shared/domain/instant.ts";
import { actionText } from "./command-words.ts";
import { duration, type LocalClock, localClock } from "./local-time.ts";
import { WIDTH, wrapped } from "./printable.ts";
import type { Target } from "./target.ts";

/** Columns of the cells that differ from asset to asset. */
type Widths = { issued: number; action: number };

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
  const widths = {
    issued: Math.max(...rows.map((row) => clock.second(row.issuedAt).length)),
    action: Math.max(10, ...rows.map((row) => actionText(row.action).length)),
  };
  return [
    `${asset.assetId} on ${target}, times of ${clock.name}`,
    columns(widths, ["issued", "action", "status", "confirmed", "try", "fault"]),
    ...rows.flatMap((row) => rowLines(row, widths, clock)),
  ].join("\n");
}

function rowLines(row: LedgerRow, widths: Widths, clock: LocalClock): string[] {
  const took = row.confirmedAfterMs === null ? "-" : duration(row.confirmedAfterMs);
  const cells = [clock.second(row.issuedAt), actionText(row.action), row.status, took, String(row.attempts)];
  const line = columns(widths, [...cells, row.faultClass ?? ""]);
  const because = [row.reason, ...(row.withoutEffect ? ["it was so already"] : []), row.evidence ?? []]
    .flat()
    .join("; ");
  return [
    // Times with their own UTC offset and a heat pump's actions leave too little room for the longest class.
    ...(line.length <= WIDTH ? [line] : [columns(widths, cells), `    ${row.faultClass}`]),
    ...wrapped("    ", because),
  ];
}

function columns({ issued, action }: Widths, cells: readonly string[]): string {
  const widths = [issued, action, 9, 11, 3, 0];
  return cells
    .map((cell, index) => cell.padEnd(widths[index] ?? 0))
    .join("  ")
    .trimEnd();
}

// Commands are issued a little early on purpose: the wait begins when the device was to be told.
function confirmedAfterMs({ status, issuedAt, notBefore, endedAt }: Command): number | null {
  if (status !== "confirmed" || !endedAt) return null;
  return epochMs(endedAt) - Math.max(epochMs(issuedAt), epochMs(notBefore));
}
