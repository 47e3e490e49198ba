export const WIDTH = 80;

/** `text` after `prefix`, in lines of at most 80 columns; later lines are indented to the end of the prefix. */
export function wrapped(prefix: string, text: string): string[] {
  const indent = " ".repeat(prefix.length);
  const lines: string[] = [];
  let line = prefix;
  for (const word of text.split(" ")) {
    const empty = line.length === prefix.length;
    if (!empty && line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = indent + word;
    } else line += empty ? word : ` ${word}`;
  }
  return [...lines, line].map((one) => one.trimEnd());
}

/** A line of a status: name, and text that goes on below itself. */
export function field(name: string, text: string): string[] {
  return wrapped(`  ${name.padEnd(12)}`, text);
}

/** Without control characters: what a vendor answered must not move the cursor of whoever reads it. */
export function plain(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]+/gu, " ");
}

// A shorter id could be part of an honest word or number.
const SCRUBBED_FROM = 6;

/** The last guard of a rule that the writers keep already: how the vendor names an asset is never printed. */
export function without(vendorAssetId: string, text: string): string {
  return vendorAssetId.length < SCRUBBED_FROM ? text : text.replaceAll(vendorAssetId, "(vendor's id)");
}
