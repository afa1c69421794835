import { dirname, relative, sep } from 'node:path'
import { fitted, quoted } from './source-text.ts'
import { camelCase, wordsOf } from './words.ts'
import { claimName, isIdentifier } from './zero-names.ts'
import type { ZeroTable } from './zero-table.ts'

export type QueriesPlace = {
  /** Absolute paths of the two files. */
  readonly schemaPath: string
  readonly queriesPath: string
}

/** How many rows a starter query asks for: what is synced is what is asked for, and nobody means all of a large table. */
const firstRows = 100

/** One query for each table, to begin with: the first rows by their key. It belongs to its owner from then on. */
export function printStarterQueries(tables: readonly ZeroTable[], place: QueriesPlace): string {
  const taken = new Set<string>()
  const entries = tables.map((table) => {
    const key = claimName([camelCase(wordsOf(table.key)) || table.key], taken)
    return `  ${printQuery(isIdentifier(key) ? key : quoted(key), table)},\n`
  })
  return (
    `import { defineQueries, defineQuery } from '@rocicorp/zero'\n` +
    `import { zql } from ${quoted(importPath(place))}\n\n` +
    '// A start, yours to change: rowferry never writes over it. Clients sync what these queries select, and nothing else.\n' +
    '// Your server answers them too (ZERO_QUERY_URL): there, narrow each to what its user may see.\n' +
    `export const queries = defineQueries({${entries.length === 0 ? '' : '\n'}${entries.join('')}})\n`
  )
}

function printQuery(key: string, table: ZeroTable): string {
  const from = isIdentifier(table.key) ? `.${table.key}` : `[${quoted(table.key)}]`
  const calls = [...table.primaryKey.map((column) => `.orderBy(${quoted(column)}, 'asc')`), `.limit(${firstRows})`]
  const start = `${key}: defineQuery(() =>`
  const chain = fitted(`zql${from}${calls.join('')}`, () => `zql${from}\n      ${calls.join('\n      ')}`, 4, ',')
  return fitted(`${start} ${chain})`, () => `${start}\n    ${chain},\n  )`, 2, ',')
}

/** As Node, Vite and TypeScript's `allowImportingTsExtensions` take it. */
function importPath({ schemaPath, queriesPath }: QueriesPlace): string {
  const path = relative(dirname(queriesPath), schemaPath).split(sep).join('/')
  return path.startsWith('.') ? path : `./${path}`
}
