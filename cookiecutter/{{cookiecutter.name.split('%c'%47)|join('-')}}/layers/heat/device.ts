import * as z from "zod";

/** What the vendor tells of a device; loose about what we do not use. TODO: its real fields. */
export const VendorDevice = z.looseObject({
  online: z.boolean(),
  /** Epoch ms. */
  measuredAtMs: z.number().int().positive(),
  mode: z.string(),
  compressor: z.boolean().nullish(),
  powerW: z.number().nullish(),
  hotWaterC: z.number().nullish(),
  indoorC: z.number().nullish(),
  outdoorC: z.number().nullish(),
});
export type VendorDevice = z.infer<typeof VendorDevice>;

export type VendorCommand = { mode: string };
