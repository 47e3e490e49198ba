import * as z from "zod";

/** What the vendor tells of a site; loose about what we do not use. TODO: its real fields. */
export const VendorDevice = z.looseObject({
  online: z.boolean(),
  /** Epoch ms. */
  measuredAtMs: z.number().int().positive(),
  /** Negative never; absent at night. */
  productionW: z.number().nonnegative().nullish(),
  /** Since `countedFromMs`. */
  producedWh: z.number().nonnegative().nullish(),
  countedFromMs: z.number().int().positive().nullish(),
});
export type VendorDevice = z.infer<typeof VendorDevice>;
