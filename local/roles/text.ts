import type { Comparison, Difference } from "./compare.ts";

/** A line for each function, and one for each right that is missing or spare. */
export function rolesText(compared: readonly Comparison[]): string {
  const widest = Math.max(...compared.map(({ name }) => name.length));
  const lines = compared.flatMap(({ name, calls, missing, spare }) => [
    `${name.padEnd(widest)}  ${String(calls).padStart(7)} calls  ${missing.length} missing  ${spare.length} spare`,
    ...missing.map((one) => `  MISSING ${said(one)}`),
    ...spare.map((one) => `  SPARE   ${said(one)}`),
  ]);
  return `${lines.join("\n")}\n`;
}

function said({ action, resource, about }: Difference): string {
  return `${action} on ${resource}${about === undefined ? "" : ` about ${about}`}`;
}
