import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const ROOT = new URL("../../", import.meta.url);
const FOLDER = new URL(".github/workflows/", ROOT);
const { scripts } = JSON.parse(readFileSync(new URL("package.json", ROOT), "utf8")) as { scripts: object };
const PINNED = /^(\.\/|[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$)/;

describe.each(readdirSync(FOLDER))("the workflow %s", (name) => {
  const text = readFileSync(new URL(name, FOLDER), "utf8");
  const lines = text.split("\n");

  it("uses actions by commit, with the version beside it", () => {
    const used = lines.flatMap((line) => /uses: (.*)$/.exec(line)?.[1] ?? []);
    expect(used.length).toBeGreaterThan(0);
    expect(used.filter((one) => !PINNED.test(one))).toEqual([]);
  });

  it("asks for no long-lived key, and for no more of the repository than to read it", () => {
    expect(text).not.toMatch(/secrets\.|aws-secret-access-key|aws-access-key-id/);
    const rights = [...text.matchAll(/^ *(contents|id-token|packages|actions): (\w+)$/gm)].map(
      ([, of, what]) => `${of}: ${what}`,
    );
    expect([...new Set(rights)].filter((right) => !["contents: read", "id-token: write"].includes(right))).toEqual([]);
    expect(text).toMatch(/^permissions:\n {2}contents: read$/m);
  });

  it("runs nothing but scripts that run here too", () => {
    const run = lines.flatMap((line) => /^\s+(?:- )?run: (.*)$/.exec(line)?.[1] ?? []);
    const wrong = run.filter((command) => {
      const script = /^npm (?:run )?([\w:]+)/.exec(command)?.[1];
      return command !== "bash .ci/run" && command !== "npm install" && !(script !== undefined && script in scripts);
    });
    expect(wrong).toEqual([]);
  });
});
