/**
 * Where things stand in the memory, in bytes. Areas have fixed sizes, so that views of the memory stay valid; what does not fit
 * takes another way. Memory that is never touched costs nothing.
 */

/** By column: its short cut, as `encode.ts` numbers them. */
export const shortCutsAt: i32 = 0x1_0000
export const mostColumns: i32 = 2048

/** By field of the stored records: the column, or -1. Then by field: 1 where a record may not end before it. */
export const fieldsAt: i32 = shortCutsAt + mostColumns
export const mostFields: i32 = 32 * 1024
export const neededAt: i32 = fieldsAt + 4 * mostFields

/** By cell, as in `SqliteRecords`: serial type and where the value begins in the pages, 4 bytes each. */
export const typesAt: i32 = neededAt + mostFields
export const mostCells: i32 = 256 * 1024
export const offsetsAt: i32 = typesAt + 4 * mostCells
/** By row: 8 bytes, a double. */
export const rowidsAt: i32 = offsetsAt + 4 * mostCells
export const mostRecords: i32 = 64 * 1024

/** By row: 8 bytes, a double. */
export const sizesAt: i32 = rowidsAt + 8 * mostRecords
/** Figures of the column that is examined, doubles: `examine.ts`. */
export const figuresAt: i32 = sizesAt + 8 * mostRecords
export const mostFigures: i32 = 512

/** Leaf pages, and behind them records that were put together from overflow pages. */
export const pagesAt: i32 = figuresAt + 8 * mostFigures
export const pagesBytes: i32 = 0x36_0000

/** Encoded rows: their bytes, then by row where it ends (from `outAt` on) and its hash. */
export const outAt: i32 = pagesAt + pagesBytes
export const outBytes: i32 = 0x28_0000
export const mostRows: i32 = 16 * 1024
export const rowEndsAt: i32 = outAt + outBytes
export const hashHighAt: i32 = rowEndsAt + 4 * mostRows
export const hashLowAt: i32 = hashHighAt + 4 * mostRows

/** One JSON document as jsonb prints it, and the members of the objects that are open. */
export const jsonAt: i32 = hashLowAt + 4 * mostRows
export const mostJsonBytes: i32 = 64 * 1024
export const orderedAt: i32 = jsonAt + 3 * mostJsonBytes
export const membersAt: i32 = orderedAt + 3 * mostJsonBytes
export const mostMembers: i32 = 4096
export const memberBytes: i32 = 16
export const containersAt: i32 = membersAt + mostMembers * memberBytes
export const mostContainers: i32 = 64
export const containerBytes: i32 = 16

export const memoryBytes: i32 = containersAt + mostContainers * containerBytes
