import { existsSync } from "node:fs";
import { join } from "node:path";

/** What the scaffold asks; the keys and defaults are those of cookiecutter.json. */
export type Answers = { name: string; vendor: string; capabilities: string; owner: string; docs_url: string };

/** The folders under `layers/` that make up each set of capabilities, later ones over earlier ones. */
export const LAYERS: Readonly<Record<string, readonly string[]>> = {
  reads: ["reads"],
  charger: ["charge", "charger"],
  car: ["charge", "car"],
  heat: ["heat"],
};
const TAKEN = ["signals", "scheduler", "optimiser", "verifier"];

/** Why these answers are refused, as one sentence; undefined when they are right. The same as cookiecutter's hook. */
export function refusal(answers: Answers, folder: string): string | undefined {
  const { name, capabilities, docs_url: docsUrl } = answers;
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name) || name.length > 30)
    return `"${name}" is no name for an integration: use lower-case letters and digits, words joined by single dashes, 30 at most.`;
  if (TAKEN.includes(name)) return `"${name}" is the name of one of the platform's own functions: choose another.`;
  if (existsSync(join(folder, name)))
    return `"${name}" exists already: choose another name, or remove its folder first.`;
  if (!Object.hasOwn(LAYERS, capabilities))
    return `"${capabilities}" is no set of capabilities: choose reads, charger, car or heat.`;
  for (const key of ["vendor", "owner"] as const) {
    if (!/^[^"\\{}\r\n]{1,60}$/.test(answers[key]))
      return `The ${key} must be 1 to 60 characters without quotes, backslashes and braces.`;
  }
  if (!/^https?:\/\/[^\s"\\{}]{1,80}$/.test(docsUrl))
    return `"${docsUrl}" is no address of documentation: it starts with https:// and has 90 characters at most.`;
  return undefined;
}
