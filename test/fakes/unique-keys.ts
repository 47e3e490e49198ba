/** DynamoDB refuses a batch read that names a key twice; so do the fakes. */
export function uniqueKeys<K extends string>(keys: readonly K[]): readonly K[] {
  if (new Set(keys).size !== keys.length) throw new Error("a batch read names a key twice");
  return keys;
}
