import { hash } from "node:crypto";

/**
 * One text for equal values, whoever wrote them: names sorted at every depth, what is undefined left out, as JSON.
 */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => {
    if (part === null || typeof part !== "object" || Array.isArray(part)) return part;
    const sorted = Object.entries(part).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    return Object.fromEntries(sorted);
  });
}

/** SHA-256 in hexadecimal of a value's canonical text. */
export function hashOf(value: unknown): string {
  return hash("sha256", canonical(value));
}
