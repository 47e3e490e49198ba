/** What happened, folded into one number as it goes; the lines themselves are kept only when asked for. */
export type Trace = {
  add: (line: string) => void;
  hash: () => string;
  count: () => number;
  lines: string[];
};

export function newTrace(keepsLines: boolean): Trace {
  const lines: string[] = [];
  let lineCount = 0;
  let [a, b] = [0x811c9dc5, 0x1000193];
  return {
    lines,
    count: () => lineCount,
    add(line) {
      lineCount += 1;
      for (let at = 0; at < line.length; at++) {
        const unit = line.charCodeAt(at);
        a = Math.imul(a ^ unit, 0x01000193);
        b = Math.imul(b ^ unit, 0x85ebca6b) + at;
      }
      if (keepsLines) lines.push(line);
    },
    hash: () => hex(a) + hex(b),
  };
}

function hex(value: number): string {
  return (value >>> 0).toString(16).padStart(8, "0");
}
