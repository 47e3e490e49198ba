import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "./cdk.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** What a cloud assembly is made from. */
const SOURCES = ["bin", "lib", "lambdas", "shared", "local", "package.json", "tsconfig.json", "cdk.json"];

/** A tree of sources that the CDK CLI and the operator's tool can be run in, and what to call it. */
export type Tree = { name: string; folder: string };

/** Another text for one file. */
export type Change = { file: string; to: (source: string) => string };

/** What was deployed before: the newest release before this commit, else the commit before. Undefined without history. */
export async function previousTree(folder: string): Promise<Tree | undefined> {
  const git = (...args: string[]) => run("git", args, { cwd: ROOT }).then((text) => text.trim());
  const parent = await git("rev-parse", "--short", "--verify", "HEAD~1").catch(() => undefined);
  if (parent === undefined) return undefined;
  const release = await git("describe", "--tags", "--abbrev=0", "HEAD~1").catch(() => undefined);
  const archive = join(folder, "previous.tar");
  await git("archive", "--output", archive, release ?? parent);
  const tree = { name: release ?? `commit ${parent}`, folder: join(folder, "previous") };
  mkdirSync(tree.folder);
  await run("tar", ["-xf", archive, "-C", tree.folder], { cwd: folder });
  shareModules(tree);
  return tree;
}

/** A copy of this checkout, which itself is never touched; in the copy one file may differ. */
export function copyOfThis(folder: string, name: string, change?: Change): Tree {
  const tree = { name, folder: join(folder, name.replaceAll(" ", "-")) };
  mkdirSync(tree.folder);
  for (const source of SOURCES) cpSync(join(ROOT, source), join(tree.folder, source), { recursive: true });
  if (change) {
    const path = join(tree.folder, change.file);
    writeFileSync(path, change.to(readFileSync(path, "utf8")));
  }
  shareModules(tree);
  return tree;
}

function shareModules({ folder }: Tree): void {
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
}
