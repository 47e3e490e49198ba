import { renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { BadInput } from "./feeds/bad-input.ts";

/** Throws BadInput when nothing can be written to `file`: asked before the work, not after it. */
export function checkOutput(option: string, file: string): void {
  if (isFolder(resolve(file))) throw new BadInput(`${option} wants a file, and "${file}" is a folder.`);
  try {
    writeFileSync(temporaryOf(file), "");
    rmSync(temporaryOf(file));
  } catch (cause) {
    const folder = dirname(resolve(file));
    const problem = isFolder(folder) ? "it may not be put into the" : "there is no";
    throw new BadInput(`${option} ${file} cannot be written: ${problem} folder ${folder}.`, { cause });
  }
}

/** The whole file or none of it: a half-written one would look like a whole one to a script. */
export function writeOutput(file: string, text: string): void {
  writeFileSync(temporaryOf(file), text);
  renameSync(temporaryOf(file), file);
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

function temporaryOf(file: string): string {
  return `${file}.${process.pid}.tmp`;
}
