/** Entries in the order of their keys, for many inserts anywhere and walks from anywhere: blocks of at most `BLOCK`. */
export class Sorted<Entry> {
  private readonly blocks: Entry[][] = [];
  private readonly order: (a: Entry, b: Entry) => number;
  private count = 0;

  constructor(order: (a: Entry, b: Entry) => number) {
    this.order = order;
  }

  get size(): number {
    return this.count;
  }

  find(key: Entry): Entry | undefined {
    const { block, at, found } = this.locate(key);
    return found ? this.blocks[block]?.[at] : undefined;
  }

  /** Adds an entry, or replaces the one with the same key. */
  put(entry: Entry): void {
    const { block, at, found } = this.locate(entry);
    const entries = this.blocks[block];
    if (!entries) {
      this.blocks.push([entry]);
      this.count = 1;
      return;
    }
    entries.splice(at, found ? 1 : 0, entry);
    if (found) return;
    this.count++;
    // The half that stays behind is full when keys only grow, as those of a ledger do.
    if (entries.length > BLOCK) this.blocks.splice(block + 1, 0, entries.splice(at === BLOCK ? BLOCK : BLOCK / 2));
  }

  delete(key: Entry): void {
    const { block, at, found } = this.locate(key);
    if (!found) return;
    const entries = this.blocks[block] as Entry[];
    entries.splice(at, 1);
    if (entries.length === 0) this.blocks.splice(block, 1);
    this.count--;
  }

  /** The entries from the first one that is not before the boundary on. `before` must be true for a beginning only. */
  *from(before: (entry: Entry) => boolean): Generator<Entry> {
    const start = this.boundary(before);
    for (let block = start.block; block < this.blocks.length; block++) {
      const entries = this.blocks[block] as Entry[];
      for (let at = block === start.block ? start.at : 0; at < entries.length; at++) yield entries[at] as Entry;
    }
  }

  /** The same entries that `from` leaves out, the last one first. */
  *downFrom(before: (entry: Entry) => boolean): Generator<Entry> {
    const start = this.boundary(before);
    for (let block = Math.min(start.block, this.blocks.length - 1); block >= 0; block--) {
      const entries = this.blocks[block] as Entry[];
      for (let at = (block === start.block ? start.at : entries.length) - 1; at >= 0; at--) yield entries[at] as Entry;
    }
  }

  private locate(key: Entry): { block: number; at: number; found: boolean } {
    const place = this.boundary((entry) => this.order(entry, key) < 0);
    const entry = this.blocks[place.block]?.[place.at];
    const { block, at } = place;
    if (entry !== undefined && this.order(entry, key) === 0) return { block, at, found: true };
    // A key beyond all others goes to the end of the last block and not into one of its own.
    if (place.block === this.blocks.length && place.block > 0) {
      return { block: place.block - 1, at: this.blocks[place.block - 1]?.length ?? 0, found: false };
    }
    return { block, at, found: false };
  }

  /** Where the first entry is that is not before; past the last block when all are. */
  private boundary(before: (entry: Entry) => boolean): { block: number; at: number } {
    const block = firstNot(this.blocks, (entries) => before(entries[entries.length - 1] as Entry));
    const entries = this.blocks[block];
    return { block, at: entries ? firstNot(entries, before) : 0 };
  }
}

const BLOCK = 256;

function firstNot<T>(list: readonly T[], before: (one: T) => boolean): number {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (before(list[middle] as T)) low = middle + 1;
    else high = middle;
  }
  return low;
}
