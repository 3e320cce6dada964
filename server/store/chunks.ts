/** Rows a statement; few sizes, so that few statements are prepared. */
const CHUNK_SIZES = [256, 64, 16, 4, 1] as const;

/** Cuts rows into a few fixed sizes. */
export function* chunks<T>(rows: readonly T[]): Generator<readonly T[]> {
  let from = 0;
  for (const size of CHUNK_SIZES) {
    for (; rows.length - from >= size; from += size) yield rows.slice(from, from + size);
  }
}
