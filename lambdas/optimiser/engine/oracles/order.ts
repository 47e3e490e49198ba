/** Runs of this many slots are sorted by insertion, then merged: quick for 48 slots and still quick for 192. */
const RUN = 12;

export type OrderWorkspace = { order: Uint16Array; spare: Uint16Array };

export function orderWorkspace(slots: number): OrderWorkspace {
  return { order: new Uint16Array(slots), spare: new Uint16Array(slots) };
}

/**
 * The slots of [from, to), cheapest first, the earlier first among equals, in the first `to - from` places of the array
 * given back (one of the workspace's two, until its next use). Any unit of price.
 */
export function cheapestFirst(price: Float64Array, from: number, to: number, work: OrderWorkspace): Uint16Array {
  const count = to - from;
  let source = work.order;
  let target = work.spare;
  for (let start = 0; start < count; start += RUN) {
    const end = Math.min(start + RUN, count);
    for (let i = start; i < end; i++) {
      const slot = from + i;
      const key = price[slot] as number;
      let j = i;
      while (j > start && (price[source[j - 1] as number] as number) > key) {
        source[j] = source[j - 1] as number;
        j--;
      }
      source[j] = slot;
    }
  }
  for (let width = RUN; width < count; width *= 2) {
    for (let start = 0; start < count; start += 2 * width) {
      merge(price, source, target, start, Math.min(start + width, count), Math.min(start + 2 * width, count));
    }
    [source, target] = [target, source];
  }
  return source;
}

/** The left run wins ties: its slots are earlier. */
function merge(price: Float64Array, from: Uint16Array, into: Uint16Array, start: number, middle: number, end: number) {
  let left = start;
  let right = middle;
  for (let i = start; i < end; i++) {
    const takeLeft =
      right >= end ||
      (left < middle && (price[from[left] as number] as number) <= (price[from[right] as number] as number));
    into[i] = (takeLeft ? from[left++] : from[right++]) as number;
  }
}
