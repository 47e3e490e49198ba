import type { Comparison } from "./compare.ts";

/** A line for each function, and one for each right that is missing or spare. */
export function rolesText(compared: readonly Comparison[]): string {
  const widest = Math.max(...compared.map(({ name }) => name.length));
  const lines = compared.flatMap(({ name, calls, missing, spare }) => [
    `${name.padEnd(widest)}  ${String(calls).padStart(7)} calls  ${missing.length} missing  ${spare.length} spare`,
    ...missing.map(({ action, resource }) => `  MISSING ${action} on ${resource}`),
    ...spare.map(({ action, resource }) => `  SPARE   ${action} on ${resource}`),
  ]);
  return `${lines.join("\n")}\n`;
}
