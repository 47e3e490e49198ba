import * as z from "zod";

/** What the vendor tells of a device; loose about what we do not use. TODO: its real fields. */
export const VendorDevice = z.looseObject({
  online: z.boolean(),
  /** Epoch ms. */
  measuredAtMs: z.number().int().positive(),
  status: z.string(),
  powerW: z.number().nullish(),
  batteryPercent: z.number().min(0).max(100).nullish(),
  sessionWh: z.number().nonnegative().nullish(),
  currentA: z.number().nonnegative().nullish(),
});
export type VendorDevice = z.infer<typeof VendorDevice>;

export type VendorCommand = { charge: boolean; currentA?: number };
