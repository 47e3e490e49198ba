import type { Command } from "./domain/command.ts";
import { FAULT_TREATMENT, type FaultClass } from "./domain/fault.ts";
import type { Meter } from "./metrics.ts";

type Outcome = {
  to: "confirmed" | "missed" | "rejected" | "expired";
  faultClass?: FaultClass | undefined;
  /** The owner has set the device to do something else. */
  isOverridden?: boolean;
  /** Nobody has looked at the device since. */
  isUnseen?: boolean;
};

/**
 * Counts how a command ended, once, for the objective that what is sent is confirmed. What its customer has to mend, what
 * its owner overrides, and what was never sent, is no miss; what nobody looked at is a look that was not made. Of the
 * verifier, whoever ends the command.
 */
export function countOutcome(
  { integration, attempts }: Pick<Command, "integration" | "attempts">,
  { to, faultClass, isOverridden = false, isUnseen = false }: Outcome,
  meter: Meter,
): void {
  const isTheirs = isOverridden || (faultClass !== undefined && FAULT_TREATMENT[faultClass].actor === "customer");
  const isMissed = to !== "confirmed" && !isTheirs && !(to === "expired" && attempts === 0);
  const verdicts = meter.of({ service: "verifier", integration });
  verdicts.add("commands_confirmed", to === "confirmed" ? 1 : 0);
  verdicts.add("commands_missed", isMissed && !isUnseen ? 1 : 0);
  verdicts.add("commands_unseen", isMissed && isUnseen ? 1 : 0);
}
