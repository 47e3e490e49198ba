import type { Command } from "../../shared/domain/command.ts";
import { isDone } from "../../shared/domain/proof.ts";
import { asCharge, type Reachability, type Reading } from "../../shared/domain/reading.ts";

/** In the way of charging, as far as a charge reading tells. */
const IN_THE_WAY: readonly (string | null)[] = ["disconnected", "no-power", null];

/**
 * True when a reading shows that what a rejected or missed command told people of is over: what was wanted holds, or what
 * was seen to be in the way is gone. A vendor's yes shows neither.
 */
export function isOver(command: Command, reading: Reading | undefined, reach: Reachability | undefined): boolean {
  const { status, endedAt, faultClass, action } = command;
  if (!reading || !endedAt || reading.observedAt <= endedAt) return false;
  if (isDone(action, reading)) return true;
  if (status !== "missed" || faultClass === "transient" || reach?.faultClass) return false;
  // The others of a missed command's classes say that the device could not be seen.
  return faultClass !== "customer-must-act" || !IN_THE_WAY.includes(asCharge(reading)?.state ?? null);
}
