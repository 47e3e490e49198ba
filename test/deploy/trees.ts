import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "./cdk.ts";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** What a cloud assembly is made from. */
const SOURCES = ["bin", "lib", "lambdas", "shared", "local", "package.json", "tsconfig.json", "cdk.json"];

/** A tree of sources that the CDK CLI and the operator's tool can be run in, and what to call it. */
export type Tree = { name: string; folder: string };

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

/** A copy of this checkout in which one file differs; the checkout itself is never touched. */
export function changedTree(folder: string, name: string, file: string, change: (source: string) => string): Tree {
  const tree = { name, folder: join(folder, name) };
  mkdirSync(tree.folder);
  for (const source of SOURCES) cpSync(join(ROOT, source), join(tree.folder, source), { recursive: true });
  const path = join(tree.folder, file);
  writeFileSync(path, change(readFileSync(path, "utf8")));
  shareModules(tree);
  return tree;
}

function shareModules({ folder }: Tree): void {
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
}
