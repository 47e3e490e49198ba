/** A binary heap of nodes by key, smallest first; an outdated entry is left in place for its reader to skip. */
export type Heap = { keys: Float64Array; nodes: Int32Array; size: number };

export const newHeap = (): Heap => ({ keys: new Float64Array(1024), nodes: new Int32Array(1024), size: 0 });

export function push(heap: Heap, key: number, node: number): void {
  if (heap.size === heap.keys.length) {
    const { keys, nodes } = heap;
    heap.keys = new Float64Array(keys.length * 2);
    heap.keys.set(keys);
    heap.nodes = new Int32Array(nodes.length * 2);
    heap.nodes.set(nodes);
  }
  const { keys, nodes } = heap;
  let at = heap.size++;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (keys[parent]! <= key) break;
    keys[at] = keys[parent]!;
    nodes[at] = nodes[parent]!;
    at = parent;
  }
  keys[at] = key;
  nodes[at] = node;
}

/** Removes the smallest; read `keys[0]` and `nodes[0]` first. */
export function drop(heap: Heap): void {
  const { keys, nodes } = heap;
  const size = --heap.size;
  const key = keys[size]!;
  const node = nodes[size]!;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= size) break;
    if (child + 1 < size && keys[child + 1]! < keys[child]!) child++;
    if (keys[child]! >= key) break;
    keys[at] = keys[child]!;
    nodes[at] = nodes[child]!;
    at = child;
  }
  keys[at] = key;
  nodes[at] = node;
}
