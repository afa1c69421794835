import type { Table } from '../../model/catalog.ts'

/**
 * Texts that a CHECK constraint limits a column to, by column: `check (status in ('open', 'done'))`, which is how databases
 * without enum types write one. PostgreSQL shows it as `status = ANY (ARRAY['open'::text, 'done'::text])`, with casts and
 * parentheses that differ by type and version. Anything that is not exactly this says nothing.
 */
export function labelsByChecks(table: Table): ReadonlyMap<string, readonly string[]> {
  return new Map(
    table.checkConstraints.flatMap(({ expression }) => {
      const found = readList(expression)
      const column = table.columns.find(({ name }) => name === found?.column)
      // Another collation may take more texts for equal than those of the list.
      const fits = column !== undefined && isText(column.postgres?.typeName) && column.collation === null
      return fits && found !== null ? [[found.column, found.labels] as const] : []
    }),
  )
}

/** Texts of char(n) come with blanks behind them. */
function isText(typeName: string | undefined): boolean {
  return typeName === 'text' || typeName === 'varchar'
}

function readList(expression: string): { readonly column: string; readonly labels: readonly string[] } | null {
  const labels: string[] = []
  const shape = expression
    .replaceAll(/'((?:[^']|'')*)'/g, (_, text: string) => {
      labels.push(text.replaceAll("''", "'"))
      return '?'
    })
    .replaceAll(/::(text|character varying)(\[\])?/g, '')
    .replaceAll(/[()]/g, '')
  const [, quotedName, plainName] =
    /^(?:"((?:[^"]|"")+)"|([\w$]+)) = (?:ANY ARRAY\[\?(?:, \?)*\]|\?)$/.exec(shape) ?? []
  const column = quotedName?.replaceAll('""', '"') ?? plainName
  // Escapes (E'…') would have to be understood first.
  return column === undefined || labels.some((label) => label.includes('\\')) ? null : { column, labels }
}
