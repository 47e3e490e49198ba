import { InvalidArgumentError } from "commander";

/** A whole number, 0 or more, of a command line; commander names the option in front of what is thrown. */
export function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError("It must be a whole number.");
  return Number(text);
}
