import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LAYERS, refusal } from "../../local/scaffold/answers.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const LEFT_OUT = ["node_modules", ".git", ".headroom", "cdk.out"];
const SETS = Object.keys(LAYERS);
// The longest name there may be: lines that a formatter would break must not depend on it.
const nameOf = (set: string) => `new-${set}-of-a-vendor`.padEnd(30, "x");

let copy = "";
beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), "headroom-scaffold-"));
  cpSync(ROOT, copy, { recursive: true, filter: (path) => !LEFT_OUT.includes(basename(path)) });
  symlinkSync(join(ROOT, "node_modules"), join(copy, "node_modules"));
});
afterAll(() => rmSync(copy, { recursive: true, force: true }));

/** Runs a tool of the project in the copy, outside of this test run. */
function run(tool: string, ...args: string[]) {
  const env = Object.fromEntries(Object.entries(process.env).filter(([key]) => !/^(VITEST|NODE_OPTIONS)/.test(key)));
  const { status, stdout, stderr } = spawnSync(join("node_modules", ".bin", tool), args, {
    cwd: copy,
    env: { ...env, NO_COLOR: "1" },
    encoding: "utf8",
  });
  return { status, text: `${stdout}${stderr}` };
}

function scaffold(...args: string[]) {
  return run("tsx", "local/new-integration.ts", "--no-check", ...args);
}

function files(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" }).sort();
}

describe("the scaffold", () => {
  it.each([
    ["a/b", ["--name", "a/b"], /^"a\/b" is no name for an integration: .*\n$/],
    ["an existing folder", ["--name", "tesla"], /^"tesla" exists already: .*\n$/],
    ["an unknown capability", ["--name", "acme", "--capabilities", "fly"], /^"fly" is no set of capabilities: .*\n$/],
    ["an unknown option", ["--name", "acme", "--colour", "red"], /--colour/],
  ])("refuses %s in one sentence and leaves nothing behind", (_, args, sentence) => {
    const before = [readdirSync(copy), files(join(copy, "lambdas"))];
    const { status, text } = scaffold(...args);
    expect(text).toMatch(sentence);
    expect(status).toBe(2);
    expect([readdirSync(copy), files(join(copy, "lambdas"))]).toEqual(before);
  });

  it.each([
    ["../up", { name: "../up" }, /is no name/],
    ["a function of ours", { name: "scheduler" }, /one of the platform's own functions/],
    ["a name that is too long", { name: "a".repeat(31) }, /30 at most/],
    ["a text that would end a string", { vendor: 'A"B' }, /The vendor must be/],
    ["an owner of two lines", { owner: "a\nb" }, /The owner must be/],
    ["no address", { docs_url: "docs" }, /is no address/],
  ])("refuses %s", (_, wrong, sentence) => {
    const right = { name: "acme", vendor: "Acme", capabilities: "car", owner: "us", docs_url: "https://acme.example" };
    expect(refusal(right, copy)).toBeUndefined();
    expect(refusal({ ...right, ...wrong }, copy)).toMatch(sentence);
  });

  it("makes folders that pass every check unedited, and are deployed", () => {
    const before = new Map(files(join(copy, "lambdas")).map((file) => [file, contents(file)]));
    for (const set of SETS) {
      const { status, text } = scaffold("--name", nameOf(set), "--vendor", `New ${set}`, "--capabilities", set);
      expect(status, text).toBe(0);
    }
    for (const [file, text] of before) expect(contents(file), file).toBe(text);

    const lint = run("biome", "check", "--vcs-enabled=false", "lambdas/integrations");
    expect(lint.status, lint.text).toBe(0);
    // What is wrong elsewhere is for `npm run check` to say, and takes its time.
    const narrow = { extends: "./tsconfig.json", include: SETS.map((set) => `lambdas/integrations/${nameOf(set)}`) };
    writeFileSync(join(copy, "tsconfig.new.json"), JSON.stringify(narrow));
    for (const tool of [["tsc", "--noEmit", "-p", "tsconfig.new.json"], ["knip"]] as const) {
      const [name, ...args] = tool;
      expect(
        run(name, ...args)
          .text.split("\n")
          .filter((line) => line.includes("integrations/new-")),
      ).toEqual([]);
    }
    const suite = run("vitest", "run", "test/conformance.test.ts", "-t", "^new-", "--reporter=dot");
    expect(suite.status, suite.text).toBe(0);

    for (const set of SETS) {
      expect(resourcesOf(nameOf(set))).toEqual(
        expect.arrayContaining([
          "AWS::Lambda::Function",
          "AWS::SQS::Queue",
          "AWS::Events::Rule",
          "AWS::SecretsManager::Secret",
          "AWS::CloudWatch::Alarm",
        ]),
      );
    }
  }, 300_000);
});

function contents(file: string): string {
  const path = join(copy, "lambdas", file);
  return existsSync(path) && /\.\w+$/.test(path) ? readFileSync(path, "utf8") : "";
}

/** Types of the resources that the copy's assembly has for an integration. */
function resourcesOf(name: string): string[] {
  const assembly = join(copy, ".headroom", "test-assembly");
  const id = name.replaceAll("-", "");
  return files(assembly)
    .filter((file) => file.endsWith(".template.json"))
    .flatMap((file) => Object.entries(JSON.parse(readFileSync(join(assembly, file), "utf8")).Resources ?? {}))
    .flatMap(([logicalId, resource]) =>
      logicalId.startsWith(id) && typeof resource === "object" && resource !== null && "Type" in resource
        ? [String(resource.Type)]
        : [],
    );
}
