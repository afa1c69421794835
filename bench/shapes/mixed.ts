import type { Random } from '../random.ts'
import { type Column, idColumn, integerColumn, type Shape, table, textColumn } from './shape.ts'

/** Eight columns, one for each kind of value that applications keep. */
export const mixedColumns: readonly Column[] = [
  idColumn,
  integerColumn('user_id', 200_000),
  textColumn('name', (row, random) => nameOf(row, random)),
  {
    name: 'score',
    sqlite: 'real',
    postgres: 'double precision',
    notNull: false,
    value: (_row, random) => random.fraction() * 1000,
  },
  {
    name: 'created_at',
    sqlite: 'datetime',
    postgres: 'timestamp',
    notNull: false,
    value: (_row, random) => `${dayOf(random)} ${timeOf(random)}`,
  },
  { name: 'day', sqlite: 'date', postgres: 'date', notNull: false, value: (_row, random) => dayOf(random) },
  { name: 'active', sqlite: 'boolean', postgres: 'boolean', notNull: false, value: (row) => (row % 3 === 0 ? 1 : 0) },
  {
    name: 'payload',
    sqlite: 'json',
    postgres: 'jsonb',
    notNull: false,
    value: (row, random) => payloadOf(row, random),
  },
]

export const mixed: Shape = {
  name: 'mixed',
  file: 'mixed',
  description:
    'one table of 8 columns (integers, text, double, timestamp, date, boolean, JSON), primary key and 2 indexes',
  rows: [2_000_000],
  kind: 'load',
  alone: false,
  tables: (rows) => [table('events', rows, mixedColumns, { indexes: ['user_id', 'created_at'] })],
}

/** The rows of `mixed` into a table that has most of them already: a tenth is missing there, another tenth differs. */
export const upsert: Shape = {
  ...mixed,
  name: 'upsert',
  description:
    'the mixed rows into a table with as many rows, keys and indexes: a tenth of them is missing there, a tenth differs, a tenth is only there',
  rows: [500_000],
  kind: 'upsert',
}

/** NULL and the empty text are both there: who takes one for the other is to be seen. */
function nameOf(row: number, random: Random): string | null {
  const number = random.below(1_000_000)
  if (row % 997 === 0) return null
  if (row % 991 === 0) return ''
  return row % 9 === 0 ? `user name ${number} é` : `user name ${number} of many`
}

function payloadOf(row: number, random: Random): string {
  return `{"k": ${row}, "tags": ["a", "b${row % 17}"], "v": ${random.below(10_000) / 100}}`
}

function dayOf(random: Random): string {
  const [year, month, day] = [2015 + random.below(10), 1 + random.below(12), 1 + random.below(28)]
  return `${year}-${twoDigits(month)}-${twoDigits(day)}`
}

function timeOf(random: Random): string {
  const second = random.below(86_400)
  return [second / 3600, (second / 60) % 60, second % 60].map((part) => twoDigits(Math.floor(part))).join(':')
}

function twoDigits(number: number): string {
  return number < 10 ? `0${number}` : String(number)
}
