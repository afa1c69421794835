/** A field as it stands in a binary COPY stream; null for NULL. */
export type CopyField = Buffer | null

/**
 * Reads a complete binary COPY stream; fails on anything that the format does not allow.
 * https://www.postgresql.org/docs/current/sql-copy.html#SQL-COPY-BINARY-FORMAT
 */
export function decodeCopy(stream: Iterable<Uint8Array>): CopyField[][] {
  const bytes = Buffer.concat([...stream])
  if (bytes.toString('latin1', 0, 11) !== 'PGCOPY\n\xff\r\n\0') throw new Error('no signature')
  if (bytes.readInt32BE(11) !== 0 || bytes.readInt32BE(15) !== 0) throw new Error('unexpected flags or extension')
  const rows: CopyField[][] = []
  let at = 19
  for (;;) {
    const columns = bytes.readInt16BE(at)
    at += 2
    if (columns === -1) break
    const row: CopyField[] = []
    for (let i = 0; i < columns; i++) {
      const length = bytes.readInt32BE(at)
      at += 4
      row.push(length === -1 ? null : bytes.subarray(at, at + length))
      if (length > 0) at += length
    }
    rows.push(row)
  }
  if (at !== bytes.length) throw new Error(`${bytes.length - at} bytes after the trailer`)
  return rows
}
