import * as z from "zod";

const Status = z.union([z.enum(["done", "todo"]), z.strictObject({ exempt: z.string().min(10) })]);

/** An integration's honest account of itself. The conformance suite asks for the evidence of every `done`. */
export const QualityLedger = z.strictObject({
  /** It may be enrolled: what it reads is right, and what goes wrong is named. */
  reads: z.record(
    z.enum(["owner", "justified-polling", "reading-fixtures", "errors-mapped", "limitations-written"]),
    Status,
  ),
  /** It may act. */
  controls: z.record(
    z.enum(["refusals-covered", "asleep-covered", "rate-limits-covered", "expiry-honoured", "verification-window"]),
    Status,
  ),
  /** It has met the world. */
  proven: z.record(z.enum(["reauthentication", "runbook-exercised", "verified-on-hardware"]), Status),
  /** The day it last worked on a real device, `YYYY-MM-DD`. */
  verifiedOn: z.iso.date().nullable(),
});
export type QualityLedger = z.infer<typeof QualityLedger>;

export const TIERS = ["reads", "controls", "proven"] as const;
export type Tier = (typeof TIERS)[number];

/**
 * The highest tier reached: nothing in it or below is to do, and something in it is done. A tier that is exempt
 * altogether, as control is for an integration that only reads, is passed and not reached.
 */
export function tierOf(ledger: QualityLedger): Tier | undefined {
  let reached: Tier | undefined;
  for (const tier of TIERS) {
    const statuses = Object.values(ledger[tier]);
    if (statuses.includes("todo")) return reached;
    if (statuses.includes("done")) reached = tier;
  }
  return reached;
}
