import * as z from "zod";
import { AssetId } from "../domain/asset.ts";
import { Instant } from "../domain/instant.ts";
import { Stream } from "../domain/reading.ts";
import { LookWhy } from "../domain/wheel.ts";

const AssetToLookAt = z.strictObject({
  assetId: AssetId,
  expectAwake: z.boolean(),
  why: LookWhy,
  /** Where the scheduler takes it to be on the wheel. */
  periodMinutes: z.number().int().positive(),
});

/** A batch that the scheduler sends out. Example: `{"kind":"poll","batchId":"2026-11-20T02:00:00.000Z#charge#15#1#0","assets":[…]}`. */
export const PollRequest = z.strictObject({
  kind: z.literal("poll"),
  batchId: z.string().min(1),
  stream: Stream,
  /** The tick that sent it. */
  tickAt: Instant,
  /** From here on its assets have another turn: what has not begun is left to that. */
  notAfter: Instant,
  assets: z.array(AssetToLookAt).min(1),
});
export type PollRequest = z.infer<typeof PollRequest>;
