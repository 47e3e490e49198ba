import { readFileSync, writeFileSync } from "node:fs";
import { loadManifests } from "../lib/manifests.ts";
import { QualityLedger } from "../shared/domain/quality.ts";
import { withTable } from "./docs/integrations-table.ts";

const README = new URL("../README.md", import.meta.url);

/** README as it should be. */
export async function freshReadme(): Promise<string> {
  const integrations = await Promise.all(
    (await loadManifests()).map(async (manifest) => {
      const file = new URL(`../lambdas/integrations/${manifest.name}/quality.ts`, import.meta.url);
      return { manifest, quality: QualityLedger.parse((await import(file.href)).quality) };
    }),
  );
  return withTable(readFileSync(README, "utf8"), integrations);
}

if (process.argv[1] === import.meta.filename) writeFileSync(README, await freshReadme());
