import { fileURLToPath } from "node:url";
import type { TestProject } from "vitest/node";
import { synthesiseInto } from "../local/synthesise.ts";

declare module "vitest" {
  // biome-ignore lint/style/useConsistentTypeDefinitions: vitest merges this interface by declaration.
  export interface ProvidedContext {
    /** The cloud assembly of the project as it is, made once for a whole test run. */
    assemblyDir: string;
  }
}

/** Bundles and synthesises once, for every test that runs the platform. Inside the project, so that bundles find the SDK. */
export async function setup(project: TestProject): Promise<void> {
  const outdir = fileURLToPath(new URL("../.headroom/test-assembly", import.meta.url));
  await synthesiseInto(outdir);
  project.provide("assemblyDir", outdir);
}
