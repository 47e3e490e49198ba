import { z } from "zod";

/** Addresses by the name of the variable that tells a function, such as `OCTOPUS_API_URL`. */
export type Endpoints = Readonly<Record<string, string>>;

const Endpoint = z.tuple([z.string().regex(/^[A-Z][A-Z0-9_]*_URL$/), z.url({ protocol: /^https?$/ })]);

/** Reads `NAME=url NAME=url`. Throws an error that quotes the pair that is neither, and says what one looks like. */
export function parseEndpoints(text: string): Endpoints {
  const pairs = text
    .split(/\s+/)
    .filter((pair) => pair !== "")
    .map((pair) => {
      const at = pair.indexOf("=");
      const parsed = Endpoint.safeParse([pair.slice(0, at), pair.slice(at + 1)]);
      if (!parsed.success)
        throw new Error(
          `"${pair}" is no endpoint: write OCTOPUS_API_URL=https://sandbox.example, pairs apart by spaces`,
        );
      return parsed.data;
    });
  return Object.fromEntries(pairs);
}

/** A function's own addresses, with the stage's in place of those that it names too. */
export function endpointsFor(own: Endpoints, stage: { endpoints: Endpoints }): Endpoints {
  return Object.fromEntries(Object.entries(own).map(([name, url]) => [name, stage.endpoints[name] ?? url]));
}

/** Throws when a stage names an address that no function asks for: it would be left alone without a word. */
export function refuseUnknownEndpoints(
  { name, endpoints }: { name: string; endpoints: Endpoints },
  known: readonly string[],
): void {
  const unknown = Object.keys(endpoints).filter((endpoint) => !known.includes(endpoint));
  if (unknown.length === 0) return;
  throw new Error(
    `HEADROOM_${name.toUpperCase()}_ENDPOINTS names ${unknown.join(", ")}, which no function asks for; there are ${[...known].sort().join(", ")}`,
  );
}
