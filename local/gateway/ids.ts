/** Makes request, event and message ids: equal runs make equal ids, runs that start at another time make others. */
export type Ids = () => string;

export function createIds(startMs: number): Ids {
  const start = startMs.toString(16).padStart(12, "0");
  let count = 0;
  return () => {
    count += 1;
    return `${start.slice(0, 8)}-${start.slice(8)}-4000-8000-${count.toString(16).padStart(12, "0")}`;
  };
}
