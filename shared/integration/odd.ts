import * as z from "zod";
import { redactText } from "../log.ts";

const LONGEST_WORD = 40;
/** A whole series in an odd form is told by its first values. */
const MOST_TOLD = 8;

/** What a vendor said of a field and nobody documents, for `Look.unknown`; redacted before it is cut, as half an address is one too. */
export function oddity(field: string, said: unknown): string {
  return `${field}: ${redactText(JSON.stringify(said) ?? "nothing").slice(0, LONGEST_WORD)}`;
}

/** `unknown` of a look: absent when there is nothing to tell. */
export function unknownOf(words: Iterable<string>): { unknown?: readonly string[] } {
  const all = [...new Set(words)];
  if (all.length === 0) return {};
  const more = all.length - MOST_TOLD;
  return { unknown: more > 0 ? [...all.slice(0, MOST_TOLD), `and ${more} more`] : all };
}

/** A list whose items are judged one by one, so that an odd one does not lose the others; refused when not one fits. */
export function eachThatFits<T>(item: z.ZodType<T>) {
  return z.array(z.unknown()).transform((list, context): T[] => {
    const parsed = list.map((one) => item.safeParse(one));
    const fitting = parsed.flatMap((one) => (one.success ? [one.data] : []));
    const issue = parsed.find((one) => !one.success)?.error?.issues[0];
    if (issue && fitting.length === 0)
      context.addIssue({ code: "custom", message: `none fits: ${issue.path.join(".")}: ${issue.message}` });
    return fitting;
  });
}

/** The entries of an object that fit, likewise; none at all is no error. */
export function entriesThatFit<T>(value: z.ZodType<T>) {
  return z.record(z.string(), z.unknown()).transform(
    (entries): Record<string, T> =>
      Object.fromEntries(
        Object.entries(entries).flatMap(([key, one]) => {
          const parsed = value.safeParse(one);
          return parsed.success ? [[key, parsed.data] as const] : [];
        }),
      ),
  );
}

/** A number, or one written as text: the same value comes either way. Undefined is neither, or more than can be true. */
export function numberWithin(least: number, most: number, raw: unknown): number | undefined {
  const value = typeof raw === "string" && raw.trim() !== "" ? Number(raw) : raw;
  return typeof value === "number" && value >= least && value <= most ? value : undefined;
}
