type About = { assetId?: string; accountId?: string };

/**
 * By time, and within a moment by whom it is about: what one moment brought for different devices may have come in any
 * order, and a report lists and adds it in one. What one device met keeps its order.
 */
export function inOneOrder<T extends About>(all: readonly T[], atMs: (one: T) => number): T[] {
  const about = ({ accountId = "", assetId = "" }: T) => `${accountId} ${assetId}`;
  return all.toSorted((a, b) => atMs(a) - atMs(b) || (about(a) < about(b) ? -1 : about(a) > about(b) ? 1 : 0));
}
