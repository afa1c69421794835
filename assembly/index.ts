export { addField, addNull, bytes, clear, column, dropRow, encodeRows, hashAs, rows, stoppedFor } from './encode'
export { examine } from './examine'
export { cell, count, lastSeen, payloadAt, payloadBytes, readLeaf, rowid, setSeen } from './leaves'
export {
  fieldsAt,
  figuresAt,
  hashHighAt,
  hashLowAt,
  shortCutsAt,
  mostCells,
  mostColumns,
  mostFields,
  mostRecords,
  mostRows,
  neededAt,
  offsetsAt,
  outAt,
  outBytes,
  pagesAt,
  pagesBytes,
  rowEndsAt,
  rowidsAt,
  sizesAt,
  typesAt,
} from './layout'
