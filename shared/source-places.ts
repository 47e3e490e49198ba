import { readFileSync } from "node:fs";
import { SourceMap } from "node:module";

const PLACE = /([^\s()]+\.js):(\d+):(\d+)/g;

/** By file; absent where there is no map beside it. */
const maps = new Map<string, SourceMap | undefined>();

/**
 * A stack trace with the places in a bundle named by file, line and column of the source; all else stands. The map is
 * read here, for the first error of a process: Node's own `--enable-source-maps` reads and parses it at each cold start.
 */
export function inSources(stack: string): string {
  return stack.replace(PLACE, (place, file: string, line: string, column: string) => {
    const origin = mapBeside(file)?.findOrigin(Number(line), Number(column));
    if (!origin || !("fileName" in origin)) return place;
    return `${origin.fileName.replace(/^(\.\.\/)+/, "")}:${origin.lineNumber}:${origin.columnNumber}`;
  });
}

function mapBeside(file: string): SourceMap | undefined {
  if (!maps.has(file)) maps.set(file, read(`${file}.map`));
  return maps.get(file);
}

/** A stack is told without its sources rather than not at all. */
function read(mapFile: string): SourceMap | undefined {
  try {
    return new SourceMap(JSON.parse(readFileSync(mapFile, "utf8")));
  } catch {
    return undefined;
  }
}
