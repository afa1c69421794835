/** The items in order, at most `size` of them together. */
export function chunked<Item>(items: readonly Item[], size: number): Item[][] {
  const chunks: Item[][] = []
  for (let from = 0; from < items.length; from += Math.max(1, size)) {
    chunks.push(items.slice(from, from + Math.max(1, size)))
  }
  return chunks
}
