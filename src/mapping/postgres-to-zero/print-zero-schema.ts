import { createHash } from 'node:crypto'
import { tableLabel, type TableName } from '../../model/catalog.ts'
import { comment, fitted, list, propertyKey, quoted, widestLine } from './source-text.ts'
import { isIdentifier, relationshipsConst } from './zero-names.ts'
import type { LeftOut, ZeroColumn, ZeroHop, ZeroRelationship, ZeroTable, ZeroType } from './zero-table.ts'

export type SchemaText = {
  readonly tables: readonly ZeroTable[]
  readonly leftOut: readonly LeftOut[]
  /** Version of rowferry. */
  readonly version: string
  /** Names of types that columns use, and where they are imported from. */
  readonly imports: { readonly names: readonly string[]; readonly from: string } | null
}

/** The whole file. The same tables give the same text, whatever order they come in. */
export function printZeroSchema(schema: SchemaText): string {
  const { tables } = schema
  const related = tables.filter((table) => table.relationships.length > 0)
  const body = [
    ...printLeftOut(schema.leftOut),
    printImports(schema, related.length > 0),
    ...tables.map(printTable),
    ...related.map(printRelationships),
    printCreateSchema(tables, related),
    'export type Schema = typeof schema',
    'export const zql = createBuilder(schema)',
    ...(tables.length === 0 ? [] : [tables.map(printRowType).join('\n')]),
    "declare module '@rocicorp/zero' {\n  interface DefaultTypes {\n    schema: Schema\n  }\n}",
  ]
  const text = `${body.join('\n\n')}\n`
  return `${headerLine(schema.version)}\n${comment(`sha256 of what follows: ${sha256(text)}`)}\n\n${text}`
}

function headerLine(version: string): string {
  return comment(`Made by rowferry ${version} from the PostgreSQL catalog. Do not edit: rowferry zero writes it anew.`)
}

const header =
  /^\/\/ Made by rowferry \S+ from the PostgreSQL catalog\..*\n\/\/ sha256 of what follows: ([0-9a-f]{64})\n\n/

export type ExistingText = 'ours' | 'edited' | 'foreign'

/** Whose file it is: as it was written, changed by somebody, or none of ours. */
export function whoseSchema(text: string): ExistingText {
  const unix = unixLines(text)
  const found = header.exec(unix)
  if (found === null) return 'foreign'
  return sha256(unix.slice(found[0].length)) === found[1] ? 'ours' : 'edited'
}

/** Do they say the same? Another version of rowferry, or line ends of Windows, make no difference. */
export function sameSchema(a: string, b: string): boolean {
  return unixLines(a).replace(header, '') === unixLines(b).replace(header, '')
}

function unixLines(text: string): string {
  return text.replaceAll('\r\n', '\n')
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

function printLeftOut(leftOut: readonly LeftOut[]): string[] {
  if (leftOut.length === 0) return []
  const lines = leftOut.map(({ table, column, reason }) =>
    comment(`  ${tableLabel(table)}${column === null ? '' : `.${column}`}: ${reason}`),
  )
  return [[comment('In the database, but not synced by Zero:'), ...lines].join('\n')]
}

function printImports({ tables, imports }: SchemaText, related: boolean): string {
  const kinds = new Set(tables.flatMap((table) => table.columns.map((column) => column.type.kind)))
  const names = [
    ...kinds,
    'createBuilder',
    'createSchema',
    ...(related ? ['relationships'] : []),
    ...(tables.length > 0 ? ['table', 'type Row'] : []),
  ].toSorted(byImportedName)
  const from = "from '@rocicorp/zero'"
  const zero = fitted(
    `import { ${names.join(', ')} } ${from}`,
    () => `import {\n${names.map((name) => `  ${name},\n`).join('')}} ${from}`,
    0,
  )
  if (imports === null || imports.names.length === 0) return zero
  return `${zero}\nimport type { ${imports.names.join(', ')} } from ${quoted(imports.from)}`
}

function byImportedName(a: string, b: string): number {
  const [first, second] = [a, b].map((name) => name.replace(/^type /, '').toLowerCase())
  return (first ?? '') < (second ?? '') ? -1 : 1
}

function printTable(table: ZeroTable): string {
  const server = serverName(table.name)
  const from = server === table.key ? '' : `\n  .from(${quoted(server)})`
  const columns = table.columns.map((column) => `    ${printColumn(column)},\n`).join('')
  const key = table.primaryKey.map(quoted).join(', ')
  const start = `export const ${table.constName} = table(`
  const line = fitted(`${start}${quoted(table.key)})`, () => `${start}\n  ${quoted(table.key)},\n)`, 0)
  return `${line}${from}\n  .columns({\n${columns}  })\n  .primaryKey(${key})`
}

/** As zero-cache calls it: without the schema `public`. */
function serverName({ schema, name }: TableName): string {
  return schema === 'public' ? name : `${schema}.${name}`
}

function printColumn({ name, key, type, optional }: ZeroColumn): string {
  const from = name === key ? [] : [`.from(${quoted(name)})`]
  const calls = [...from, ...(optional ? ['.optional()'] : [])]
  const property = `${propertyKey(key)}: `
  const start = `${property}${type.kind}`
  const argument = printTypeArgument(type)
  const broken = (): string => {
    if (type.kind === 'enumeration' && type.labels.length > 1) {
      return `${start}<\n${type.labels.map((label) => `      | ${quoted(label)}\n`).join('')}    >()${calls.join('')}`
    }
    if (calls.length > 1) return `${start}${argument}()\n${calls.map((call) => `      ${call}`).join('\n')}`
    return name === key
      ? `${start}${argument}()${calls.join('')}`
      : `${start}${argument}().from(\n      ${quoted(name)},\n    )`
  }
  return fitted(`${start}${argument}()${calls.join('')}`, broken, 4, ',')
}

function printTypeArgument(type: ZeroType): string {
  if (type.kind === 'json') return type.of === null ? '' : `<${type.of}>`
  if (type.kind !== 'enumeration') return ''
  return `<${type.labels.length === 0 ? 'never' : type.labels.map(quoted).join(' | ')}>`
}

function printRelationships(table: ZeroTable): string {
  const kinds = (['one', 'many'] as const).filter((kind) => table.relationships.some((own) => own.kind === kind))
  const lines = table.relationships.map((own) => `  ${printRelationship(own)},\n`).join('')
  const start = `export const ${relationshipsConst(table.constName)} = relationships(`
  const line = `${start}${table.constName}, ({ ${kinds.join(', ')} }) => ({`
  if (line.length <= widestLine) return `${line}\n${lines}}))`
  const deeper = lines.replaceAll(/^/gm, '  ').trimEnd()
  return `${start}\n  ${table.constName},\n  ({ ${kinds.join(', ')} }) => ({\n${deeper}\n  }),\n)`
}

function printRelationship({ name, kind, hops }: ZeroRelationship): string {
  const start = `${propertyKey(name)}: ${kind}(`
  const line = `${start}${hops.map(printHop).join(', ')})`
  return fitted(line, () => (hops.length === 1 ? brokenHop(start, hops) : brokenHops(start, hops)), 2, ',')
}

function brokenHop(start: string, hops: readonly ZeroHop[]): string {
  return `${start}{\n${hops.map((hop) => printParts(hop, 4)).join('')}  })`
}

function brokenHops(start: string, hops: readonly ZeroHop[]): string {
  const printed = hops.map((hop) => fitted(printHop(hop), () => `{\n${printParts(hop, 6)}    }`, 4, ','))
  return `${start}\n${printed.map((hop) => `    ${hop},\n`).join('')}  )`
}

function printHop(hop: ZeroHop): string {
  return `{ ${partsOf(hop).join(', ')} }`
}

function printParts(hop: ZeroHop, indent: number): string {
  return partsOf(hop)
    .map((part) => `${' '.repeat(indent)}${part},\n`)
    .join('')
}

function partsOf({ sourceField, destField, destConst }: ZeroHop): string[] {
  return [`sourceField: ${list(sourceField)}`, `destField: ${list(destField)}`, `destSchema: ${destConst}`]
}

function printCreateSchema(tables: readonly ZeroTable[], related: readonly ZeroTable[]): string {
  const names = related.map((table) => relationshipsConst(table.constName))
  const parts = [
    printNames(
      'tables',
      tables.map((table) => table.constName),
    ),
    ...(names.length > 0 ? [printNames('relationships', names)] : []),
  ]
  return `export const schema = createSchema({\n${parts.join('')}})`
}

function printNames(property: string, names: readonly string[]): string {
  const broken = (): string => `${property}: [\n${names.map((name) => `    ${name},\n`).join('')}  ]`
  return `  ${fitted(`${property}: [${names.join(', ')}]`, broken, 2, ',')},\n`
}

function printRowType({ key, rowType }: ZeroTable): string {
  const type = `Schema['tables'][${quoted(key)}]`
  const start = `export type ${rowType} = Row<`
  return fitted(`${start}${type}>`, () => `${start}\n  ${type}\n>`, 0)
}

/** Names in a type text that stand for an import: `Meta`, `Meta[]`; anything longer must bring its own names. */
export function importedName(type: string): string | null {
  const name = type.replace(/(\[\])+$/, '')
  return isIdentifier(name) && !builtInTypes.has(name) ? name : null
}

const builtInTypes = new Set(
  'string number boolean null undefined unknown any never object void bigint symbol true false'.split(' '),
)
