import * as z from "zod";
import { AssetId } from "../domain/asset.ts";
import { Stream } from "../domain/reading.ts";

/** A batch that the scheduler sends out. Example: `{"kind":"poll","batchId":"2026-11-20T02:00:00.000Z#0","assets":[…]}`. */
export const PollRequest = z.strictObject({
  kind: z.literal("poll"),
  batchId: z.string().min(1),
  stream: Stream,
  assets: z.array(z.strictObject({ assetId: AssetId, expectAwake: z.boolean() })).min(1),
  /** The last looks at the vendor's other devices failed too: it is the vendor, and not this device. */
  vendorDown: z.literal(true).optional(),
});
export type PollRequest = z.infer<typeof PollRequest>;
