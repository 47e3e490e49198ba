import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { z } from "zod";
import { Manifest } from "../shared/domain/manifest.ts";

const INTEGRATIONS = fileURLToPath(new URL("../lambdas/integrations", import.meta.url));
const ManifestModule = z.object({ manifest: Manifest });

/**
 * Finds and validates the manifest of every integration folder, in alphabetical order. Throws an error that names the
 * file when one is missing, does not fit its schema, or carries a name that is not its folder's.
 */
export async function loadManifests(folder = INTEGRATIONS): Promise<Manifest[]> {
  const names = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
  return Promise.all(names.map((name) => loadManifest(folder, name)));
}

async function loadManifest(folder: string, name: string): Promise<Manifest> {
  const file = join(folder, name, "manifest.ts");
  if (!existsSync(file)) throw new Error(`${file}: an integration folder needs a manifest`);
  const parsed = ManifestModule.safeParse(await import(pathToFileURL(file).href));
  if (!parsed.success) throw new Error(`${file}: ${z.prettifyError(parsed.error)}`);
  const { manifest } = parsed.data;
  if (manifest.name !== name) throw new Error(`${file}: is named "${manifest.name}" but its folder is "${name}"`);
  return manifest;
}
