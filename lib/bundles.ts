import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";

/** Function name → directory that holds its `index.js`. */
export type Bundles = Record<string, string>;

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const PLATFORM = ["signals", "scheduler", "optimiser", "verifier"];

/**
 * Bundles every Lambda in one esbuild call into `.headroom/bundles/<name>/`. The same source gives the same bytes.
 * Throws esbuild's error when a handler is missing or does not compile.
 */
export function buildBundles(
  integrations: readonly string[],
  { root = ROOT, outdir = join(root, ".headroom/bundles") }: { root?: string; outdir?: string } = {},
): Bundles {
  const handlers = new Map([
    ...PLATFORM.map((name): [string, string] => [name, `lambdas/${name}/handler.ts`]),
    ...integrations.map((name): [string, string] => [name, `lambdas/integrations/${name}/handler.ts`]),
  ]);
  if (handlers.size !== PLATFORM.length + integrations.length) {
    throw new Error(`an integration may not be named ${PLATFORM.join(", ")}`);
  }
  buildSync({
    absWorkingDir: root,
    entryPoints: [...handlers].map(([name, file]) => ({ in: file, out: `${name}/index` })),
    outdir,
    bundle: true,
    // The SDK is CommonJS: required, it loads in half the time that Node needs to import it.
    format: "cjs",
    // So is what is loaded only when it is called: a `require` where it stands.
    supported: { "dynamic-import": false },
    platform: "node",
    target: "node22",
    minify: true,
    // shared/source-places.ts reads it; not linked, for then Node would at each start. It holds no copy of the sources.
    sourcemap: "external",
    sourcesContent: false,
    // The runtime brings the AWS SDK: smaller bundles, shorter cold starts.
    external: ["@aws-sdk/*", "@smithy/*"],
    legalComments: "none",
    logLevel: "warning",
  });
  const bundles = Object.fromEntries([...handlers.keys()].map((name) => [name, join(outdir, name)]));
  // Lambda takes a plain .js for CommonJS; here it lies below a package of ES modules.
  for (const directory of Object.values(bundles))
    writeFileSync(join(directory, "package.json"), '{"type":"commonjs"}\n');
  return bundles;
}

/** The directory of one function's bundle. Throws when there is none. */
export function bundleOf(bundles: Bundles, name: string): string {
  const directory = bundles[name];
  if (directory === undefined) throw new Error(`no bundle for ${name}`);
  return directory;
}
