import { rowidsAt } from './layout'

/** Serial types of SQLite's records, and the values behind them; `model/records.ts`. */

export function isText(type: i32): bool {
  return type > 12 && (type & 1) === 1
}

/** 1 to 6: big-endian; 8 and 9: 0 and 1; 10: the rowid. */
export function isInteger(type: i32): bool {
  return type !== 7 && type > 0 && type < 11
}

/** Of a cell that holds one. Type 10 is the rowid. */
export function integerOf(type: i32, at: i32, row: i32): i64 {
  switch (type) {
    case 1:
      return load<i8>(at)
    case 2:
      return <i16>bswap<u16>(load<u16>(at))
    case 3:
      return ((<i32>load<i8>(at)) << 16) | <i32>bswap<u16>(load<u16>(at, 1))
    case 4:
      return <i32>bswap<u32>(load<u32>(at))
    case 5:
      return ((<i64>(<i16>bswap<u16>(load<u16>(at)))) << 32) | <i64>bswap<u32>(load<u32>(at, 2))
    case 6:
      return <i64>bswap<u64>(load<u64>(at))
    case 9:
      return 1
    case 10:
      return <i64>load<f64>(rowidsAt + 8 * row)
    default:
      return 0
  }
}
