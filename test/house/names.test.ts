import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const VENDORS = readdirSync(join(ROOT, "lambdas/integrations"));

function sources(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)));
}

it("names no vendor outside its folder: core code asks for a capability", () => {
  const core = ["shared", "lib", "bin", "local", "lambdas"]
    .flatMap(sources)
    // The walk of the alarms plays two vendors for all: alarms carry names, and their causes strike somebody.
    .filter((file) => !/^(lambdas\/integrations|local\/alarm-matrix)\//.test(file));
  expect(core.length).toBeGreaterThan(80);
  const named = core.filter((file) => {
    const text = readFileSync(join(ROOT, file), "utf8").toLowerCase();
    return VENDORS.some((vendor) => text.includes(vendor.toLowerCase()));
  });
  expect(named).toEqual([]);
});

it("keeps every file to a few screens", () => {
  const long = ["shared", "lib", "bin", "local", "lambdas"]
    .flatMap(sources)
    .filter((file) => readFileSync(join(ROOT, file), "utf8").split("\n").length > 350);
  expect(long).toEqual([]);
});
