import type { Proof } from "../../shared/domain/plan.ts";

/** `costs 84.2 p, at least 83.9 p (gap 0.4 %)`: what a plan costs, and what none could be below. */
export function proofText({ objectivePence, boundPence, gap }: Proof): string {
  if (gap === 0) return `costs ${money(objectivePence)}, and none can cost less (gap 0 %)`;
  const percent = 100 * gap;
  return `costs ${money(objectivePence)}, at least ${money(boundPence)} (gap ${percent < 0.05 ? "below 0.1" : percent.toFixed(1)} %)`;
}

function money(pence: number): string {
  if (Math.abs(pence) < 1000) return `${pence.toFixed(1)} p`;
  return `${pence < 0 ? "-" : ""}£${(Math.abs(pence) / 100).toFixed(2)}`;
}
