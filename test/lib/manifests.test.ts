import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadManifests } from "../../lib/manifests.ts";
import { aManifest } from "./templates.ts";

describe("manifests", () => {
  it("are found by folder, in alphabetical order", async () => {
    const folder = integrations({ bolt: aManifest({ name: "bolt" }), "acme-cars": aManifest() });
    expect((await loadManifests(folder)).map(({ name }) => name)).toEqual(["acme-cars", "bolt"]);
  });

  it("are refused when the name is not the folder's", async () => {
    const folder = integrations({ acme: aManifest({ name: "other" }) });
    await expect(loadManifests(folder)).rejects.toThrow(
      /acme\/manifest\.ts: is named "other" but its folder is "acme"/,
    );
  });

  it("are refused when a field is missing or unknown", async () => {
    const { owner, ...rest } = aManifest();
    await expect(loadManifests(integrations({ "acme-cars": rest }))).rejects.toThrow(
      /acme-cars\/manifest\.ts: .*owner/s,
    );
    const extra = { ...aManifest(), ownr: owner };
    await expect(loadManifests(integrations({ "acme-cars": extra }))).rejects.toThrow(/ownr/);
  });

  it("are missed when a folder has none", async () => {
    const folder = integrations({});
    mkdirSync(join(folder, "empty"));
    await expect(loadManifests(folder)).rejects.toThrow(/empty\/manifest\.ts: an integration folder needs a manifest/);
  });

  it("of this repository are all valid", async () => {
    expect((await loadManifests()).length).toBeGreaterThan(0);
  });
});

function integrations(manifests: Record<string, unknown>): string {
  const folder = mkdtempSync(join(tmpdir(), "headroom-integrations-"));
  for (const [name, manifest] of Object.entries(manifests)) {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, "manifest.ts"), `export const manifest = ${JSON.stringify(manifest)};\n`);
  }
  return folder;
}
