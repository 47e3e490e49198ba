import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const BIOME = join(dirname(createRequire(import.meta.url).resolve("@biomejs/biome/package.json")), "bin", "biome");

/** What the linter says of a project that holds nothing but `code` in `path`. */
function lint(path: string, code: string): string {
  const folder = mkdtempSync(join(tmpdir(), "lint-rules-"));
  try {
    cpSync(join(ROOT, "biome.json"), join(folder, "biome.json"));
    cpSync(join(ROOT, ".biome"), join(folder, ".biome"), { recursive: true });
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), code);
    execFileSync(process.execPath, [BIOME, "lint", "--vcs-enabled=false", "."], { cwd: folder, stdio: "pipe" });
    return "";
  } catch (error) {
    const { stdout, stderr } = error as { stdout: Buffer; stderr: Buffer };
    return `${stdout}${stderr}`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

describe("the house rules are machine-checked", () => {
  it.each([
    [
      "shared/domain/command.ts",
      'import { x } from "../bus.ts";\nexport const y = x;\n',
      "shared/domain imports zod and itself",
    ],
    [
      "shared/bus.ts",
      'import { x } from "../lambdas/scheduler/choose.ts";\nexport const y = x;\n',
      "shared never imports a Lambda",
    ],
    [
      "shared/bus.ts",
      'import { x } from "../local/clock.ts";\nexport const y = x;\n',
      "Only local and test import local",
    ],
    [
      "lambdas/scheduler/handler.ts",
      'import { x } from "../optimiser/plan.ts";\nexport const y = x;\n',
      "Lambdas never import each other",
    ],
    [
      "lambdas/optimiser/handler.ts",
      'import { x } from "aws-cdk-lib";\nexport const y = x;\n',
      "What runs never imports what deploys",
    ],
    [
      "lambdas/optimiser/engine/fleet/fleet.ts",
      'import { x } from "node:fs";\nexport const y = x;\n',
      "Pure files decide and do not act",
    ],
    [
      "lambdas/optimiser/plan.ts",
      'import { x } from "node:fs";\nexport const y = x;\n',
      "Pure files decide and do not act",
    ],
    [
      "lambdas/optimiser/portfolio/pack.ts",
      'import { x } from "../../../shared/store/plans.ts";\nexport const y = x;\n',
      "Pure files decide and do not act",
    ],
    ["lambdas/optimiser/plan.ts", "export const y = Date.now();\n", "Pure files take the time"],
    ["lambdas/scheduler/choose.ts", "export const y = Date.now();\n", "Pure files take the time"],
    ["shared/domain/plan.ts", "export const y = new Date();\n", "Pure files take the time"],
    [
      "lib/app.ts",
      'import { x } from "../lambdas/scheduler/handler.ts";\nexport const y = x;\n',
      "imports manifests only",
    ],
    ["local/start.ts", 'import { x } from "../test/builders.ts";\nexport const y = x;\n', "Nothing imports tests"],
    ["test/lambdas/x.test.ts", 'import { vi } from "vitest";\nvi.mock("../x.ts");\n', "Pass a fake as a dependency"],
    ["test/lambdas/x.test.ts", "await new Promise((done) => setTimeout(done, 5));\n", "never sleep"],
    ["shared/log.ts", "export default function log() {}\n", "default export"],
    ["lambdas/scheduler/handler.ts", "async function a() {}\na();\n", "Promise"],
  ])("in %s: %s", (path, code, complaint) => {
    expect(lint(path, code).replaceAll(/\s+/g, " ")).toContain(complaint);
  });

  it("and says nothing of code that keeps them", () => {
    expect(
      lint(
        "lambdas/optimiser/plan.ts",
        'import { instant } from "../../shared/domain/instant.ts";\n\nexport const y = instant(0);\n',
      ),
    ).toBe("");
  });
});
