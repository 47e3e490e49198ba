import * as z from "zod";
import { AssetId } from "../domain/asset.ts";
import { FaultClass } from "../domain/fault.ts";
import { Instant } from "../domain/instant.ts";
import { Stream } from "../domain/reading.ts";
import { LookWhy } from "../domain/wheel.ts";

const count = z.number().int().nonnegative();

/** An asset's stream, and how often its turn on the wheel comes. */
export const Member = z.object({
  integration: z.string(),
  assetId: AssetId,
  accountId: z.string(),
  stream: Stream,
  periodMinutes: z.number().int().positive(),
});
export type Member = z.infer<typeof Member>;

/** A look outside the wheel's turns. */
export const DueLook = Member.extend({
  dueAt: Instant,
  /** When it was asked for: a look since then has decided anew. */
  setAt: Instant,
  why: LookWhy,
});
export type DueLook = z.infer<typeof DueLook>;

export const RunRow = z.object({
  /** The minute whose turn it is, whenever it was run. */
  minute: Instant,
  /** `<stream>#<periodMinutes>` the slot's turn, with `#missed-<quarter>` a part of it made good, `<stream>#due` the exceptions. */
  part: z.string(),
  attempt: z.number().int().positive(),
  /** The tick that claimed it. */
  claimedAt: Instant,
  /** Assets sent out, in so many batches. */
  expected: count,
  batches: count,
  /** Assets whose turn it was and who were not sent because their vendor is down. */
  held: count,
});

const Result = z.object({
  attempt: z.number().int().positive(),
  assets: count,
  startedAt: Instant,
  /** The rest is absent until the batch has ended. */
  finishedAt: Instant.optional(),
  ok: count.optional(),
  /** Assets that it had no time or no budget for. */
  notAttempted: count.optional(),
  /** As the vendor's answers said them, before triage. */
  faults: z.partialRecord(FaultClass, count).optional(),
  /** Whose looks failed as they do when a vendor is down; some of them, where they are many. */
  failedAccounts: z.array(z.string()).optional(),
});
export type Batch = z.infer<typeof Result>;
/** One claimed part of a minute, with what its batches came to: those of its former attempts too. */
export type Run = z.infer<typeof RunRow> & { results: Batch[] };

export const BatchRow = Result.extend({ run: z.string() }).transform(({ run, ...batch }) => ({ run, batch }));

/** How far the scheduler has come with one integration. */
export const Cursor = z.object({
  /** Up to this minute every slot had its turn or never will. */
  through: Instant,
  /** Up to this minute every look that was asked for was taken up. */
  dueThrough: Instant,
  /** `<stream>#<periodMinutes>`: every wheel there ever was, so that a changed cadence leaves nobody behind. */
  wheels: z.array(z.string()),
});
export type Cursor = z.infer<typeof Cursor>;
/** The first member of an integration leaves this mark: until a tick has come, it is all there is. */
export const CursorRow = z.union([Cursor, z.object({ isNew: z.literal(true) })]);

/** A batch's id, which is its place in the ledger behind the run's. */
export function batchKey({ minute, part, attempt }: Pick<Run, "minute" | "part" | "attempt">, number: number): string {
  return `${minute}#${part}#${attempt}#${number}`;
}

/** What a batch's id says. Throws a RangeError when it is not one of `batchKey`. */
export function keyOfBatch(batchId: string): { run: string; attempt: number } {
  const [, run, attempt] = /^(.+)#(\d+)#\d+$/.exec(batchId) ?? [];
  if (run === undefined) throw new RangeError(`not a batch's id, make it with batchKey: "${batchId.slice(0, 80)}"`);
  return { run, attempt: Number(attempt) };
}
