import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { buildBundles, bundleOf } from "../../lib/bundles.ts";
import { loadManifests } from "../../lib/manifests.ts";
import { inSources } from "../../shared/source-places.ts";

const HANDLER = `
import { readFileSync } from "node:fs";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { answer } from "./answer.cjs";
export const client = () => new DynamoDBClient({});
export const handler = async () => [answer(), typeof readFileSync];
export function fails(): never {
  throw new Error("as told");
}
`;

/** As Lambda's runtime loads a handler. */
const load = createRequire(import.meta.url);

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "headroom-root-"));
  for (const folder of ["signals", "scheduler", "optimiser", "verifier", "integrations/acme"]) {
    write(`lambdas/${folder}/handler.ts`, HANDLER);
    write(`lambdas/${folder}/answer.cjs`, `exports.answer = () => require("node:path").basename("/a/${folder}");`);
  }
});

describe("bundles", () => {
  it("are one directory per function, named as the stacks ask for them", () => {
    const bundles = buildBundles(["acme"], { root });
    expect(Object.keys(bundles)).toEqual(["signals", "scheduler", "optimiser", "verifier", "acme"]);
    expect(bundleOf(bundles, "acme")).toBe(join(root, ".headroom/bundles/acme"));
    expect(() => bundleOf(bundles, "other")).toThrow("no bundle for other");
  });

  it("run by themselves, but for the SDK", async () => {
    await expect(withoutSdk("acme").handler()).resolves.toEqual(["acme", "function"]);
  });

  it("have stack traces in the source's files and lines, which Node itself does not look up", () => {
    const { fails } = withoutSdk("verifier");
    let stack = "";
    try {
      fails();
    } catch (error) {
      stack = (error as Error).stack ?? "";
    }
    expect(stack).not.toContain("handler.ts");
    expect(inSources(stack).split("\n")[1]).toMatch(/^ {4}at .*\blambdas\/verifier\/handler\.ts:8:9\)?$/);
    // What no map tells of stands.
    const other = `at other (${join(root, "other.js")}:1:2)`;
    expect(inSources(other)).toBe(other);
  });

  it("leave the AWS SDK to the runtime", () => {
    const bundle = bundleOf(buildBundles(["acme"], { root }), "signals");
    expect(readFileSync(join(bundle, "index.js"), "utf8")).toContain('require("@aws-sdk/client-dynamodb")');
  });

  it("are the same bytes each time", () => {
    const bytes = () => {
      const bundle = bundleOf(buildBundles(["acme"], { root }), "signals");
      return ["index.js", "index.js.map"].map((file) => readFileSync(join(bundle, file), "utf8"));
    };
    expect(bytes()).toEqual(bytes());
  });

  it("of this repository load without any environment, export a handler and leave for later what few calls need", async () => {
    const manifests = await loadManifests();
    const outdir = fileURLToPath(new URL("../../.headroom/test-bundles", import.meta.url));
    const bundles = buildBundles(
      manifests.map(({ name }) => name),
      { outdir },
    );
    for (const directory of Object.values(bundles)) {
      expect(load(join(directory, "index.js"))).toHaveProperty("handler", expect.any(Function));
    }
    // A process of its own: what other tests have loaded is in this one's cache.
    const script =
      "for (const file of process.argv.slice(1)) require(file); console.log(Object.keys(require.cache).join())";
    const files = Object.values(bundles).map((directory) => join(directory, "index.js"));
    const cache = execFileSync(process.execPath, ["-e", script, ...files], { encoding: "utf8" });
    const names = ["client-dynamodb", "client-sqs", "client-secrets-manager"];
    expect(names.map((name) => cache.includes(`/@aws-sdk/${name}/`))).toEqual([true, false, false]);
  });

  it("refuse an integration named like a part of the platform", () => {
    expect(() => buildBundles(["verifier"], { root })).toThrow("an integration may not be named");
  });
});

/** Loads a bundle where there is no SDK, which comes from the runtime. All else keeps its place. */
function withoutSdk(name: string) {
  const file = join(bundleOf(buildBundles(["acme"], { root, outdir: join(root, "run") }), name), "index.js");
  const sdk = 'require("@aws-sdk/client-dynamodb")';
  writeFileSync(file, readFileSync(file, "utf8").replace(sdk, "{}".padEnd(sdk.length)));
  return load(file);
}

function write(file: string, content: string): void {
  mkdirSync(dirname(join(root, file)), { recursive: true });
  writeFileSync(join(root, file), content);
}
