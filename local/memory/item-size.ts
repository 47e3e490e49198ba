import { type Item, typeOf, type Value } from "./values.ts";

/** Bytes of an item by DynamoDB's rules: names and texts in UTF-8, numbers by their digits, 3 + 1 each for containers. */
export function itemBytes(item: Item): number {
  let bytes = 0;
  for (const name in item) bytes += textBytes(name) + valueBytes(item[name] as Value);
  return bytes;
}

function valueBytes(value: Value): number {
  switch (typeOf(value)) {
    case "S":
      return textBytes(value as string);
    case "N":
      return numberBytes(value as number);
    case "BOOL":
    case "NULL":
      return 1;
    case "L":
      return (value as Value[]).reduce<number>((bytes, one) => bytes + valueBytes(one) + 1, 3);
    case "M": {
      const map = value as Item;
      let bytes = 3;
      for (const name in map) bytes += textBytes(name) + valueBytes(map[name] as Value) + 1;
      return bytes;
    }
    case "SS":
      return [...(value as Set<string>)].reduce((bytes, one) => bytes + textBytes(one), 0);
    case "NS":
      return [...(value as Set<number>)].reduce((bytes, one) => bytes + numberBytes(one), 0);
  }
}

const textBytes = (text: string) => Buffer.byteLength(text, "utf8");

/** About one byte for two significant digits, and one more; one more again for a minus. */
function numberBytes(value: number): number {
  let digits = 0;
  if (Number.isInteger(value)) {
    let left = Math.abs(value);
    while (left > 0 && left % 10 === 0) left /= 10;
    for (; left >= 1; left /= 10) digits++;
  } else {
    for (const one of String(Math.abs(value)).split("e")[0] as string)
      if (one !== "." && (digits > 0 || one !== "0")) digits++;
  }
  return Math.ceil(digits / 2) + 1 + (value < 0 ? 1 : 0);
}

/** Units of a read of so many bytes: half of one for each 4 KB, all of one when consistent. Nothing found is billed as 4 KB. */
export function readUnits(bytes: number, consistent: boolean): number {
  return Math.max(1, Math.ceil(bytes / 4096)) * (consistent ? 1 : 0.5);
}

/** Units of a write of so many bytes, the larger of the item before and after: one for each KB. */
export function writeUnits(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / 1024));
}
