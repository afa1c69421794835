import { mixedColumns } from './mixed.ts'
import { type Column, idColumn, integerColumn, type Shape, type Table, table, textColumn } from './shape.ts'

const tinyRows = 10

export const tinyTables: Shape = {
  name: 'tiny-tables',
  file: 'tiny-tables',
  description: 'tables of 10 rows and 5 columns, with primary key and one index each',
  rows: [10_000],
  kind: 'load',
  alone: false,
  tables: (rows) =>
    Array.from({ length: Math.ceil(rows / tinyRows) }, (_, index) =>
      table(
        `tiny_${index + 1}`,
        tinyRows,
        [
          idColumn,
          integerColumn('amount', 1000),
          textColumn('label', (row) => `label ${row}`),
          ...mixedColumns.filter(({ name }) => name === 'score' || name === 'day'),
        ],
        { indexes: ['amount'] },
      ),
    ),
}

/** Table 1 has 1 part of the rows, table 30 has 30; each but the first has a foreign key to the one before. */
const tables = 30

export const mixedTables: Shape = {
  name: 'mixed-tables',
  file: 'mixed-tables',
  description: `${tables} tables of mixed size and 10 columns, with primary key, unique key, index and foreign key`,
  rows: [930_000],
  kind: 'load',
  alone: false,
  tables: (rows) => {
    const part = rows / ((tables * (tables + 1)) / 2)
    const sizes = Array.from({ length: tables }, (_, index) => Math.max(1, Math.round(part * (index + 1))))
    return sizes.map((size, index) => oneOfMany(index + 1, size, sizes[index - 1] ?? null))
  },
}

function oneOfMany(number: number, rows: number, parents: number | null): Table {
  const code = textColumn('code', (row) => `${number}-${row}`)
  const columns = [...mixedColumns, code]
  if (parents === null) return table(`part_${number}`, rows, columns, { uniques: ['code'] })
  const parent: Column = integerColumn('parent_id', parents)
  return table(
    `part_${number}`,
    rows,
    [...columns, { ...parent, value: (row, random) => 1 + Number(parent.value(row, random)) }],
    {
      uniques: ['code'],
      indexes: ['parent_id'],
      foreignKeys: [{ column: 'parent_id', table: `part_${number - 1}` }],
    },
  )
}
