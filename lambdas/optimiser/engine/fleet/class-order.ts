/** Classes by what a move between two places costs them. It depends on prices alone: a fleet shares it with its samples. */
export type ClassOrder = {
  /** Cheapest first: `byCost[(from * width + to) * classes + rank]`. */
  byCost: Uint16Array;
  /** The rank of a class: `rankOf[(from * width + to) * classes + class]`. */
  rankOf: Uint16Array;
  /** 1 for pairs of places that have been asked for. */
  sorted: Uint8Array;
};

export function newClassOrder(classes: number, width: number): ClassOrder {
  const pairs = width * width;
  return {
    byCost: new Uint16Array(pairs * classes),
    rankOf: new Uint16Array(pairs * classes),
    sorted: new Uint8Array(pairs),
  };
}

/** Sorts the classes of one pair of places, once, when it is first asked for. */
export function sortClasses(
  { byCost, rankOf, sorted }: ClassOrder,
  price: Int32Array,
  classes: number,
  width: number,
  pair: number,
): void {
  const from = Math.trunc(pair / width);
  const to = pair % width;
  const first = pair * classes;
  if (classes > FEW) {
    const keys = new Float64Array(classes);
    for (let k = 0; k < classes; k++) keys[k] = (price[k * width + to]! - price[k * width + from]!) * 65536 + k;
    keys.sort();
    for (let rank = 0; rank < classes; rank++) byCost[first + rank] = keys[rank]! & 0xffff;
  } else {
    for (let k = 0; k < classes; k++) {
      const cost = price[k * width + to]! - price[k * width + from]!;
      let rank = k;
      for (; rank > 0; rank--) {
        const other = byCost[first + rank - 1]! * width;
        if (price[other + to]! - price[other + from]! <= cost) break;
        byCost[first + rank] = byCost[first + rank - 1]!;
      }
      byCost[first + rank] = k;
    }
  }
  for (let rank = 0; rank < classes; rank++) rankOf[first + byCost[first + rank]!] = rank;
  sorted[pair] = 1;
}

/** Up to here an insertion sort is faster than the call of a general one. */
const FEW = 24;
