export { addField, addNull, bytes, clear, column, dropRow, encodeRows, rows, state } from './encode'
export {
  hashHighAt,
  hashLowAt,
  lanesAt,
  mostCells,
  mostColumns,
  mostRecords,
  mostRows,
  offsetsAt,
  outAt,
  outBytes,
  pagesAt,
  pagesBytes,
  rowEndsAt,
  rowidsAt,
  typesAt,
} from './layout'
