/** Removes the oldest entry of a Map or Set, which is its first, if it has more than `most`. */
export function bound<Key>(
  kept: { readonly size: number; keys(): Iterable<Key>; delete(key: Key): unknown },
  most: number,
): void {
  const [oldest] = kept.keys()
  if (kept.size > most) kept.delete(oldest as Key)
}
