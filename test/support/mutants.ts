/**
 * Faults of the kind that a verification must find: each makes some value of `mutantSource` arrive otherwise than it is stored, or makes
 * a hash wrong. A fault that changes nothing there has no place in the list.
 */
export type Mutant = { readonly file: string; readonly find: string; readonly replace: string }

const wasm = (file: string, find: string, replace: string): Mutant => ({ file: `assembly/${file}`, find, replace })
const source = (file: string, find: string, replace: string): Mutant => ({ file: `src/${file}`, find, replace })

const sqlite = 'databases/sqlite'
const copy = 'databases/postgres/copy'
const values = 'mapping/sqlite-to-postgres'

export const mutants: Readonly<Record<string, Mutant>> = {
  // The reader of pages.
  'an integer of 1 byte loses its sign': wasm('records.ts', 'return load<i8>(at)', 'return load<u8>(at)'),
  'an integer of 2 bytes loses its sign': wasm('records.ts', 'return <i16>bswap<u16>', 'return <i64>bswap<u16>'),
  'an integer of 3 bytes loses its sign': wasm('records.ts', '(<i32>load<i8>(at)) << 16', '(<i32>load<u8>(at)) << 16'),
  'an integer of 4 bytes loses its sign': wasm('records.ts', 'return <i32>bswap<u32>', 'return <i64>bswap<u32>'),
  'an integer of 6 bytes loses its sign': wasm(
    'records.ts',
    '(<i64>(<i16>bswap<u16>(load<u16>(at))))',
    '(<i64>bswap<u16>(load<u16>(at)))',
  ),
  'an integer of 6 bytes is read from the wrong place': wasm('records.ts', 'load<u32>(at, 2)', 'load<u32>(at, 1)'),
  'an integer of 8 bytes loses its lowest bit': wasm(
    'records.ts',
    '<i64>bswap<u64>(load<u64>(at))',
    '(<i64>bswap<u64>(load<u64>(at)) & ~1)',
  ),
  'the stored 1 is read as 0': wasm('records.ts', 'case 9:\n      return 1', 'case 9:\n      return 0'),
  'the last row of each page is left out': wasm('leaves.ts', 'cell < cells; cell++', 'cell < cells - 1; cell++'),
  'a column that a record does not have is 1': wasm(
    'leaves.ts',
    'store<i32>(typesAt + 4 * (first + column), 0)',
    'store<i32>(typesAt + 4 * (first + column), 9)',
  ),
  'every value begins one byte too late': wasm('leaves.ts', 'content - pagesAt)', 'content + 1 - pagesAt)'),
  'a decimal stored as an integer loses its sign': source(
    'model/records.ts',
    'view.getInt16(at)\n    case 3',
    'view.getUint16(at)\n    case 3',
  ),
  'overflow pages are read one byte too early': source(
    `${sqlite}/pages/table-walk.ts`,
    'begin + 4, begin + 4 + part',
    'begin + 3, begin + 3 + part',
  ),
  'a row that goes on elsewhere is left out': source(
    `${sqlite}/pages/table-walk.ts`,
    'records.add(rowid, from, from + length)',
    '',
  ),
  // Converters and encoders in WebAssembly.
  'booleans are turned round': wasm(
    'encode.ts',
    'const value = integerOf(type, at, row)\n  if (value !== 0',
    'const value = 1 - integerOf(type, at, row)\n  if (value !== 0',
  ),
  'an integer that stands for a real is off by one': wasm(
    'encode.ts',
    'reinterpret<u64>(<f64>value)',
    'reinterpret<u64>(<f64>(value + 1))',
  ),
  'dates are off by a day': wasm('dates.ts', '730_425', '730_424'),
  'January and February are off by a month': wasm('dates.ts', 'month + 9', 'month + 8'),
  'the last digit of a fraction is lost': wasm('dates.ts', 'place <= digits ?', 'place < digits ?'),
  'a minute has 61 seconds': wasm('dates.ts', '(hour * 60 + minute) * 60', '(hour * 60 + minute) * 61'),
  'a text loses its last character': wasm(
    'encode.ts',
    'startField(length)\n  endField(hashBytes(to, length, seed()))',
    'const cut = length > 9 ? length - 1 : length\n  startField(cut)\n  endField(hashBytes(to, cut, seed()))',
  ),
  'a text is changed while it is copied': wasm(
    'text.ts',
    'store<u8>(to + i, byte)',
    'store<u8>(to + i, byte === 0x7a ? 0x79 : byte)',
  ),
  'a UUID has a wrong bit': wasm('encode.ts', '<u8>byte)\n    digits++', '<u8>(byte ^ 1))\n    digits++'),
  'a blob has a wrong byte': wasm(
    'encode.ts',
    'memory.copy(to, at, length)',
    'memory.copy(to, at, length)\n  if (length > 2) store<u8>(to, 0x41)',
  ),
  'NULL becomes 0': wasm(
    'encode.ts',
    'if (type === 0 && (shortCut & nullable) !== 0) {',
    'if (type === 0 && (shortCut & shortCutBits) === 4) {\n        writeInt8(8, 0, row)\n        continue\n      }\n      if (type === 0 && (shortCut & nullable) !== 0) {',
  ),
  // Converters in TypeScript.
  'reals in a decimal column are ten times as large': source(
    `${values}/number-values.ts`,
    'doubleToDecimal(value)',
    'doubleToDecimal(value * 10)',
  ),
  'integers lose their sign': source(
    `${values}/number-values.ts`,
    'value >= min && value <= max ? value',
    'value >= min && value <= max ? (value < 0n ? -value : value)',
  ),
  'true becomes false': source(`${values}/number-values.ts`, 'value === 1) return true', 'value === 1) return false'),
  'doubles are rounded to four bytes': source(
    `${values}/number-values.ts`,
    "if (typeof value === 'number') return value\n",
    "if (typeof value === 'number') return Math.fround(value)\n",
  ),
  'times of day are off by a microsecond': source(
    `${values}/time-values.ts`,
    'const micros = Number(parsed.micros)',
    'const micros = Number(parsed.micros) + 1',
  ),
  'seconds since 1970 are off by one': source(`${values}/time-units.ts`, '946_684_800', '946_684_801'),
  'dates of the long way are off by a day': source(
    'util/date-time-text.ts',
    'const epochDays = 10_957',
    'const epochDays = 10_958',
  ),
  'JSON is changed': source(
    `${values}/json-values.ts`,
    "found === 'json-odd') ? text",
    "found === 'json-odd') ? text.replace('1', '2')",
  ),
  'texts are trimmed': source(
    `${values}/text-values.ts`,
    'return finish === null ? value :',
    'return finish === null ? value.trim() :',
  ),
  'a UUID of the long way is changed': source(
    `${values}/text-values.ts`,
    'bareUuidText(value) ??',
    "bareUuidText(value)?.replace('a', 'b') ??",
  ),
  // Encoders in TypeScript.
  'int4 and date are off by one': source(
    `${copy}/field-writers.ts`,
    "const number = typeof value === 'number' ? value : Number(value)\n",
    "const number = (typeof value === 'number' ? value : Number(value)) + 1\n",
  ),
  'times before 2000 have a wrong upper half': source(
    `${copy}/field-writers.ts`,
    'Math.floor(value / twoTo32) | 0',
    '(value / twoTo32) | 0',
  ),
  'int8 loses its lowest bit': source(
    `${copy}/field-writers.ts`,
    'setBigInt64(at, value)',
    'setBigInt64(at, value & ~1n)',
  ),
  'float8 is rounded': source(
    `${copy}/field-writers.ts`,
    'setFloat64(at, value)',
    'setFloat64(at, Math.fround(value))',
  ),
  'decimals lose their sign': source(
    `${copy}/numeric-binary.ts`,
    'this.negative && this.count > 0 ? 0x4000',
    'this.negative && this.count > 0 ? 0',
  ),
  'booleans of the long way are turned round': source(
    `${copy}/field-writers.ts`,
    'setUint8(at, value ? 1 : 0)\n  hashWord(value ? 1 : 0',
    'setUint8(at, value ? 0 : 1)\n  hashWord(value ? 0 : 1',
  ),
  // Hashes, on either side.
  'a rotation of the hash is wrong, in WebAssembly': wasm('hash.ts', 'rotl<u32>(b, 14)', 'rotl<u32>(b, 13)'),
  'a rotation between blocks is wrong, in WebAssembly': wasm('hash.ts', 'rotl<u32>(a, 19)', 'rotl<u32>(a, 18)'),
  'the hash of a row has a seed': wasm(
    'encode.ts',
    'hashEightBytes(reinterpret<u64>(sum), 0)',
    'hashEightBytes(reinterpret<u64>(sum), 1)',
  ),
  'keys of JSON are in another order, in WebAssembly': wasm(
    'jsonb.ts',
    'return a.keyLength - b.keyLength',
    'return b.keyLength - a.keyLength',
  ),
  'a rotation of the hash is wrong, in TypeScript': source(
    `${copy}/hash-bytes.ts`,
    '((b << 14) | (b >>> 18))',
    '((b << 13) | (b >>> 19))',
  ),
  'the halves of the hash of a row are subtracted': source(
    `${copy}/row-hash.ts`,
    'twoTo32 + (this.low >>> 0)',
    'twoTo32 - (this.low >>> 0)',
  ),
  'keys of JSON are in another order, in TypeScript': source(
    `${copy}/jsonb-text.ts`,
    'return a.keyLength - b.keyLength',
    'return b.keyLength - a.keyLength',
  ),
  'PostgreSQL hashes decimals with their zeros': source(
    `${copy}/hash-query.ts`,
    'numeric_send(trim_scale(${name}))',
    'numeric_send(${name})',
  ),
  // The second reading itself: what it gets wrong contradicts what was loaded.
  'the plain hash has a wrong rotation': source(
    'databases/postgres/plain/plain-hash.ts',
    'rotate(b, 14)',
    'rotate(b, 13)',
  ),
  'the plain encoder orders keys of JSON by bytes alone': source(
    'databases/postgres/plain/plain-jsonb.ts',
    'Buffer.byteLength(a) - Buffer.byteLength(b) ||',
    '',
  ),
  'the plain rule for dates is off by a day': source(
    'transfer/second-reading/plain-value.ts',
    'Date.UTC(2000, 0, 1)',
    'Date.UTC(2000, 0, 2)',
  ),
}

/** One table that is read from its pages, one that only SQLite reads, so that both ways of the load come by every kind of value. */
export const mutantSource = `
create table m(id integer primary key, n integer, small int, r real, b boolean, d date, ts datetime, tm time, ep datetime,
  t text, j json, u uuid, bl blob, num numeric(10,2));
create table w(k text primary key, n integer, small int, r real, b boolean, d date, ts datetime, tm time, ep datetime,
  t text, j json, u uuid, bl blob, num numeric(10,2)) without rowid;
with recursive c(x) as (select 0 union all select x + 1 from c where x < 299)
insert into m select x + 1,
  case x % 11 when 0 then 0 when 1 then 1 when 2 then -5 when 3 then -1000 when 4 then -100000 when 5 then -30000000
    when 6 then -1000000000001 when 7 then 9007199254740993 when 8 then -9007199254740993 when 9 then 70000000001 else null end,
  case when x % 5 = 0 then null else x * 7 end,
  case x % 4 when 0 then x when 1 then -x / 7.0 when 2 then 1e300 else -x end, x % 2,
  date('1996-01-31', (x * 97) || ' days'),
  strftime('%Y-%m-%dT%H:%M:%f', '1998-02-03 04:05:06.789', (x * 53) || ' hours', (x * 7) || ' seconds') || case x % 2 when 0 then 'Z' else '' end,
  time('01:02:03', (x * 61) || ' seconds'), 1000000000 + x * 86399,
  case x % 3 when 0 then ' z text é ' || x when 1 then substr('abcdefghijklmnopqrstuvwxyz', 1, x % 27) else null end,
  json_object('bb', x, 'a', json_array(x / 4.0, 'é"' || x), 'ccc', json('null'), 'z', 1),
  printf('a0eebc99-9c0b-4ef8-bb6d-6bb9bd%06x', x * 9973), unhex(substr('00ff10abcdef0123456789aabbccddeeff0011223344', 1, 2 * (x % 20))),
  case x % 3 when 0 then -1000 - x when 1 then x + 0.25 else -x / 8 end
from c;
insert into w select 'key ' || id, n, small, r, b, d, ts, tm, ep, t, j, u, bl, num from m;
update m set t = replace(hex(zeroblob(9000)), '0', 'long z') where id in (7, 250);
alter table m add column late integer;
insert into m(id, late) values (1000, 77);
`
