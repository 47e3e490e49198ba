import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { freshReadme } from "../../local/docs.ts";

it("README's table of integrations is fresh: `npm run docs` writes it", async () => {
  expect(readFileSync(new URL("../../README.md", import.meta.url), "utf8")).toBe(await freshReadme());
});
