import { Random } from '../random.ts'
import { idColumn, integerColumn, type Shape, table, textColumn } from './shape.ts'

const narrowColumns = [idColumn, integerColumn('a', 1000), integerColumn('b', 1_000_000), integerColumn('c', 2 ** 40)]

export const narrow: Shape = {
  name: 'narrow',
  file: 'narrow',
  description: 'one table of 4 integer columns, primary key',
  rows: [5_000_000],
  kind: 'load',
  alone: false,
  tables: (rows) => [table('readings', rows, narrowColumns)],
}

export const growth: Shape = {
  ...narrow,
  name: 'growth',
  description: 'the narrow table at growing sizes: time and memory of rowferry alone',
  rows: [1_000_000, 3_000_000, 10_000_000, 30_000_000],
  alone: true,
}

/** What CSV has to quote is in it, and letters of two and three bytes. */
const letters = 'abcdefghijklmnopqrstuvwxyz etaoin shrdlu é漢,"\'\\\n\t'
const text = makeText(1_000_000)

export const wideText: Shape = {
  name: 'wide-text',
  file: 'wide-text',
  description: 'one table of 10 texts of 100 characters and one of 4,000, primary key',
  rows: [50_000],
  kind: 'load',
  alone: false,
  tables: (rows) => [
    table('articles', rows, [
      idColumn,
      ...Array.from({ length: 10 }, (_, index) => textColumn(`note_${index + 1}`, (_row, random) => cut(random, 100))),
      textColumn('body', (_row, random) => cut(random, 4000)),
    ]),
  ],
}

export const blobs: Shape = {
  name: 'blobs',
  file: 'blobs',
  description:
    'one table with a blob of 50 kB in each row and of 5 kB times the number of rows in the last (100 MB for 20,000 rows), primary key',
  rows: [20_000],
  kind: 'load',
  alone: false,
  tables: (rows) => [
    table('files', rows, [
      idColumn,
      textColumn('name', (row) => `file ${row}`),
      {
        name: 'content',
        sqlite: 'blob',
        postgres: 'bytea',
        notNull: false,
        value: (row, random) => makeBytes(row === rows ? 5000 * rows : 50_000, random),
      },
    ]),
  ],
}

export const smallest: Shape = {
  name: 'smallest',
  file: 'smallest',
  description: 'one table with one row, from command to end',
  rows: [1],
  kind: 'load',
  alone: false,
  tables: (rows) => [table('notes', rows, [idColumn, textColumn('text', () => 'hello')])],
}

function makeText(length: number): string {
  const random = new Random(7)
  return Array.from({ length }, () => letters[random.below(letters.length)]).join('')
}

function cut(random: Random, length: number): string {
  const start = random.below(text.length - length)
  return text.slice(start, start + length)
}

function makeBytes(length: number, random: Random): Uint8Array {
  const words = new Uint32Array(Math.ceil(length / 4))
  for (let index = 0; index < words.length; index++) words[index] = random.below(2 ** 32)
  return new Uint8Array(words.buffer, 0, length)
}
