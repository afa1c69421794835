import { countText } from '../report/text.ts'
import { type ColumnContent, type Content, readFirstValues } from './read-content.ts'

/** One sentence per difference, without the table's name where many tables have the same. */
export type Difference = { readonly table: string | null; readonly text: string }

/** Compares what is in a database with what should be; null values of `keys` are not looked at. */
export function compareContent(expected: Content, found: Content, keys: boolean): Difference[] {
  const differences = [...expected.tables].flatMap(([table, content]): Difference[] => {
    const other = found.tables.get(table)
    if (other === undefined) return [{ table, text: 'the table is missing' }]
    const rows =
      other.rows === content.rows
        ? []
        : [{ table, text: `${countText(Number(other.rows))} rows instead of ${countText(Number(content.rows))}` }]
    const columns = [...content.columns].flatMap(([column, wanted]) =>
      compareColumn(column, wanted, other.columns.get(column), keys).map((text) => ({ table, text })),
    )
    return [...rows, ...columns]
  })
  return keys ? [...differences, ...compareKeys(expected.keys, found.keys)] : differences
}

function compareColumn(
  column: string,
  expected: ColumnContent,
  found: ColumnContent | undefined,
  keys: boolean,
): string[] {
  if (found === undefined) return [`${column}: the column is missing`]
  const values =
    found.digest === null
      ? `${column}: values that are no ${expected.type}`
      : found.digest === expected.digest
        ? null
        : `${column}: other values`
  const type = found.type === expected.type ? null : `${column}: type ${found.type} instead of ${expected.type}`
  const notNull = !keys || found.notNull || !expected.notNull ? null : `${column}: NOT NULL is missing`
  return [values, type, notNull].filter((text) => text !== null)
}

function compareKeys(expected: Content['keys'], found: Content['keys']): Difference[] {
  return [...new Set([...Object.keys(expected), ...Object.keys(found)])]
    .filter((kind) => (found[kind] ?? 0) !== (expected[kind] ?? 0))
    .map((kind) => ({ table: null, text: `${found[kind] ?? 0} ${kind} instead of ${expected[kind] ?? 0}` }))
}

/** Adds how many of the first rows differ in columns with other values, and one example. */
export async function addExamples(
  differences: readonly Difference[],
  databases: {
    readonly expected: Content
    readonly expectedUrl: string
    readonly found: Content
    readonly foundUrl: string
  },
): Promise<Difference[]> {
  const seen = new Set<string>()
  const result: Difference[] = []
  for (const difference of differences) {
    const column = /^(.*): other values$/.exec(difference.text)?.[1]
    // One example for each column, not for each of a thousand tables.
    if (column === undefined || difference.table === null || seen.has(column)) {
      result.push(difference)
      continue
    }
    seen.add(column)
    result.push({ ...difference, text: `${difference.text}${await example(difference.table, column, databases)}` })
  }
  return result
}

async function example(
  table: string,
  column: string,
  databases: {
    readonly expected: Content
    readonly expectedUrl: string
    readonly found: Content
    readonly foundUrl: string
  },
): Promise<string> {
  const wanted = databases.expected.tables.get(table)?.columns.get(column)?.type ?? 'text'
  const type = databases.found.tables.get(table)?.columns.get(column)?.type ?? 'text'
  const ours = await readFirstValues(databases.expectedUrl, { table, column, type: wanted, expected: wanted })
  const theirs = await readFirstValues(databases.foundUrl, { table, column, type, expected: wanted })
  const different = [...ours].filter(([id, value]) => theirs.get(id) !== value)
  const [first] = different
  if (first === undefined) return ', not among the first 1,000 rows'
  const [id, value] = first
  const other = theirs.has(id) ? quote(theirs.get(id) ?? null) : 'no row'
  return ` in ${countText(different.length)} of the first ${countText(ours.size)} rows: ${other} instead of ${quote(value)} where id is ${id}`
}

function quote(value: string | null): string {
  if (value === null) return 'NULL'
  return `'${value.length > 40 ? `${value.slice(0, 40)}…` : value}'`
}

const shown = 12

/** The same difference of many tables becomes one line; at most 12 lines. */
export function summarizeDifferences(differences: readonly Difference[]): string[] {
  const tablesOf = new Map<string, string[]>()
  for (const { table, text } of differences) {
    const tables = tablesOf.get(text) ?? []
    tablesOf.set(text, table === null ? tables : [...tables, table])
  }
  const several = new Set(differences.map(({ table }) => table).filter((table) => table !== null)).size > 1
  const lines = [...tablesOf].map(([text, tables]) => {
    if (tables.length === 0 || !several) return text
    return tables.length === 1 ? `${tables[0]}: ${text}` : `${text} (in ${tables.length} tables)`
  })
  return lines.length <= shown ? lines : [...lines.slice(0, shown), `and ${lines.length - shown} more`]
}
