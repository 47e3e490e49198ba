import type { Cause } from "./cause.ts";
import { platformCauses } from "./platform-causes.ts";
import { vendorCauses } from "./vendor-causes.ts";

/** The integrations that are played: one of cars, whose calls cost money, and one of chargers. */
export const PLAYED: readonly [string, string] = ["tesla", "easee"];

/** Every cause that is played, each for one alarm; the first is none at all. */
export function causes(): Cause[] {
  return [{ alarm: "", says: "nothing is wrong", from: 120, minutes: 300 }, ...platformCauses(), ...vendorCauses()];
}
