const COLUMNS = 80;

/** Lines of at most 80 columns; the first is indented by `indent`, the others by `hanging`. A longer word is cut. */
export function wrap(text: string, { indent = 0, hanging }: { indent?: number; hanging: number }): string[] {
  const lines: string[] = [];
  let line = "";
  const margin = () => " ".repeat(lines.length === 0 ? indent : hanging);
  const finish = () => {
    lines.push(margin() + line);
    line = "";
  };
  for (const word of text.split(/\s+/).filter((one) => one !== "")) {
    if (line !== "" && margin().length + line.length + 1 + word.length > COLUMNS) finish();
    line = line === "" ? word : `${line} ${word}`;
    while (margin().length + line.length > COLUMNS) {
      const room = COLUMNS - margin().length;
      const rest = line.slice(room);
      line = line.slice(0, room);
      finish();
      line = rest;
    }
  }
  if (line !== "" || lines.length === 0) finish();
  return lines;
}

/** How many of something: `1 car`, `2 cars`. */
export function count(number: number, one: string): string {
  return `${number} ${one}${number === 1 ? "" : "s"}`;
}
