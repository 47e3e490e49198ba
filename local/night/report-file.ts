import { renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { BadInput } from "../feeds/bad-input.ts";
import type { Report } from "./report.ts";

/**
 * Throws BadInput when no report can be written to `file`. Asked before the night: a minute's work must not end in a
 * report that cannot be written.
 */
export function checkReportFile(file: string): void {
  if (isFolder(resolve(file))) throw new BadInput(`--json wants a file, and "${file}" is a folder.`);
  try {
    writeFileSync(temporaryOf(file), "");
    rmSync(temporaryOf(file));
  } catch (cause) {
    const folder = dirname(resolve(file));
    const missing = !isFolder(folder);
    throw new BadInput(
      `--json ${file} cannot be written: ${missing ? "there is no" : "it may not be put into the"} folder ${folder}.`,
      {
        cause,
      },
    );
  }
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

/** The whole file or none of it: a half-written report would look like a whole one to a script. */
export function writeReportFile(file: string, report: Report): void {
  writeFileSync(temporaryOf(file), `${JSON.stringify(report, null, 2)}\n`);
  renameSync(temporaryOf(file), file);
}
