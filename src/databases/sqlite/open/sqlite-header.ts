/**
 * The first 100 bytes of a database file. They are looked at before SQLite gets to see the file, because SQLite says
 * "file is not a database" to everything that is none. https://sqlite.org/fileformat2.html#the_database_header
 */
const headerBytes = 100

const magic = 'SQLite format 3\0'

export type SqliteHeader = {
  readonly pageSize: number
  /** Written in WAL mode; a plain open would then create files beside the database. */
  readonly wal: boolean
  /** Null when an old SQLite wrote last and left the count stale. */
  readonly pageCount: number | null
}

/** Null when these are not the first bytes of a SQLite 3 database. */
export function readHeader(bytes: Buffer): SqliteHeader | null {
  if (bytes.length < headerBytes || bytes.toString('latin1', 0, 16) !== magic) return null
  const storedPageSize = bytes.readUInt16BE(16)
  const pageSize = storedPageSize === 1 ? 65536 : storedPageSize
  if (pageSize < 512 || (pageSize & (pageSize - 1)) !== 0) return null
  const changeCounter = bytes.readUInt32BE(24)
  const pageCount = bytes.readUInt32BE(28)
  // The count counts only if it was written together with the change counter (version-valid-for, offset 92).
  const countIsValid = pageCount > 0 && bytes.readUInt32BE(92) === changeCounter
  return {
    pageSize,
    wal: bytes.readUInt8(18) === 2 || bytes.readUInt8(19) === 2,
    pageCount: countIsValid ? pageCount : null,
  }
}

/** What a file that is no SQLite 3 database looks like by its first bytes: `looks like a ZIP archive`. */
export function describeForeignFile(bytes: Buffer, size: number): string {
  const known = knownFiles.find(({ at, is }) => bytes.subarray(at, at + is.length).equals(is))
  if (known !== undefined) return known.what
  if (bytes.toString('latin1', 0, 16) === magic) {
    return bytes.length < headerBytes ? `is cut off after ${size} bytes` : 'has a damaged SQLite header'
  }
  // Before the others: its first byte is any.
  if (looksRandom(bytes)) return 'looks encrypted (SQLCipher or alike)'
  const start = bytes.toString('latin1', 0, 400).trimStart()
  if (/^(--|\/\*|create |insert |begin|pragma |set |drop )/i.test(start)) return 'looks like SQL text, not a database'
  if (start.startsWith('{') || start.startsWith('[')) return 'looks like JSON'
  if (start.startsWith('<')) return 'looks like XML or HTML'
  if (bytes.every((byte) => byte === 0)) return 'starts with nothing but zero bytes'
  if (/^[\t\n\r\x20-\x7e]*$/.test(start)) return 'looks like plain text'
  return 'does not start like a SQLite database'
}

const knownFiles: readonly { readonly at: number; readonly is: Buffer; readonly what: string }[] = [
  { at: 0, is: Buffer.from('377f0682', 'hex'), what: 'is the write-ahead log of a database, not the database' },
  { at: 0, is: Buffer.from('377f0683', 'hex'), what: 'is the write-ahead log of a database, not the database' },
  {
    at: 0,
    is: Buffer.from('d9d505f920a163d7', 'hex'),
    what: 'is the rollback journal of a database, not the database',
  },
  { at: 0, is: Buffer.from('** This file contains an SQLite 2'), what: 'is a SQLite 2 database' },
  { at: 0, is: Buffer.from('1f8b', 'hex'), what: 'looks gzip-compressed' },
  { at: 0, is: Buffer.from('28b52ffd', 'hex'), what: 'looks zstd-compressed' },
  { at: 0, is: Buffer.from('fd377a585a00', 'hex'), what: 'looks xz-compressed' },
  { at: 0, is: Buffer.from('BZh'), what: 'looks bzip2-compressed' },
  { at: 0, is: Buffer.from('504b0304', 'hex'), what: 'looks like a ZIP archive' },
  { at: 0, is: Buffer.from('PGDMP'), what: 'looks like a PostgreSQL dump' },
  { at: 8, is: Buffer.from('DUCK'), what: 'looks like a DuckDB database' },
  { at: 4, is: Buffer.from('Standard Jet DB'), what: 'looks like a Microsoft Access database' },
  { at: 4, is: Buffer.from('Standard ACE DB'), what: 'looks like a Microsoft Access database' },
]

/** Ciphertext has about eight bits per byte; the first pages of anything else stay well below seven and a half. */
function looksRandom(bytes: Buffer): boolean {
  if (bytes.length < 512) return false
  const counts = Array.from({ length: 256 }, () => 0)
  for (const byte of bytes) counts[byte] = (counts[byte] ?? 0) + 1
  const entropy = counts
    .filter((count) => count > 0)
    .reduce((sum, count) => sum - (count / bytes.length) * Math.log2(count / bytes.length), 0)
  return entropy > 7.3
}
