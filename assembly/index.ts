export { addField, addNull, bytes, clear, column, dropRow, encodeRows, rows, state } from './encode'
export { examine } from './examine'
export {
  figuresAt,
  hashHighAt,
  hashLowAt,
  lanesAt,
  mostCells,
  mostColumns,
  mostFigures,
  mostRecords,
  mostRows,
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
