import type { ZeroFinding } from '../../model/zero.ts'
import { tableLabel } from '../../model/catalog.ts'
import { qualifiedName, quoteIdentifier } from '../../databases/postgres/identifiers.ts'
import { columnSupport } from './column-support.ts'
import { finding } from './conditions.ts'
import { isInScope, type PublishedTable, type Scope, settingsOf } from './published.ts'
import type { ColumnFacts, TableFacts } from './read-facts.ts'

/** Columns whose type stops zero-cache or is not synced. */
export function examineColumns({ table, columns }: PublishedTable): ZeroFinding[] {
  return columns.flatMap((column) => examineType(table, column))
}

function examineType(table: TableFacts, column: ColumnFacts): ZeroFinding[] {
  const object = columnLabel(table, column)
  const type = column.declaredType
  switch (columnSupport(column)) {
    case 'aborts':
      return [
        finding('column-type-aborts', {
          object,
          effect: `zero-cache exits while it copies: it takes ${type} for an array that is none.`,
          remedy: changeType(table, column),
          fix: null,
        }),
      ]
    case 'without-dimensions': {
      // The same type again: nothing is rewritten, only the number of dimensions is noted.
      const fix = `alter table ${qualifiedName(table.name)} alter column ${quoteIdentifier(column.name)} type ${type};`
      const effect = `zero-cache exits while it copies: the catalog does not say how many dimensions this ${type} has, as after CREATE TABLE AS.`
      return [finding('array-dimensions', { object, effect, remedy: fix, fix })]
    }
    case 'hidden':
      return [hiddenColumn(table, column, 'but still copies the values into its replica')]
    case 'garbled':
      return [
        finding('array-elements', {
          object,
          effect: `Clients get garbage: Zero does not know the elements of ${type}.`,
          remedy: changeType(table, column),
          fix: null,
        }),
      ]
    case 'synced':
      return []
  }
}

export function hiddenColumn(table: TableFacts, column: ColumnFacts, besides: string): ZeroFinding {
  const effect = `Clients never see it: Zero does not sync ${typeWords(column)}, ${besides}.`
  return finding('column-type-hidden', {
    object: columnLabel(table, column),
    effect,
    remedy: changeType(table, column),
    fix: null,
  })
}

function typeWords(column: ColumnFacts): string {
  if (column.typeClass === 'd')
    return `the domain ${column.declaredType} (${column.baseType ?? 'unknown'}), whatever stands behind it`
  return column.declaredType
}

/** What a person may type; a decision, since conditions, order or form of the values change. */
function changeType(table: TableFacts, column: ColumnFacts): string {
  const [on, name] = [qualifiedName(table.name), quoteIdentifier(column.name)]
  const alter = `alter table ${on} alter column ${name} type`
  if (column.typeClass === 'd' && column.baseType !== null)
    return `${alter} ${column.baseType}; (its conditions go with it)`
  if (column.typeName === 'bytea') {
    return `Migrate again with zero: { bytea: base64 }; or leave it out of the publication (bytea: omit, or exclude ${column.name}).`
  }
  if (column.typeName === 'tsvector') return `Leave ${column.name} out of the publication: searches run in PostgreSQL.`
  if (column.dimensions > 0) return `${alter} text[] using ${name}::text[];`
  return `${alter} ${plainTypes[column.typeName] ?? `text using ${name}::text`};`
}

const plainTypes: Readonly<Record<string, string>> = {
  citext: 'text',
  money: 'numeric(19,2)',
  oid: 'bigint',
  name: 'text',
}

/** Generated columns that are not in the publication: their values stay in PostgreSQL. */
export function examineGenerated({ table, columns }: PublishedTable, scope: Scope): ZeroFinding[] {
  const sent = new Set(columns.map((column) => column.name))
  return table.columns
    .filter((column) => column.generated !== '' && !sent.has(column.name) && !isExcluded(table, column, scope))
    .map((column) => {
      const canBe = column.generated === 's' && scope.versionNumber >= 180_000
      const plain = `alter table ${qualifiedName(table.name)} alter column ${quoteIdentifier(column.name)} drop expression; and fill it by a trigger.`
      return finding('generated-column', {
        object: columnLabel(table, column),
        effect: `Clients never see it: ${canBe ? "zero-cache's own publication leaves" : `PostgreSQL ${Math.floor(scope.versionNumber / 10_000)} leaves`} ${column.generated === 's' ? 'generated' : 'virtual'} columns out.`,
        remedy: canBe
          ? 'Use a publication of your own, which lists it: zero: { publication: zero_data }'
          : column.generated === 's'
            ? plain
            : 'Compute it in the client, or make it an ordinary column that a trigger fills.',
        fix: null,
      })
    })
}

/** Left out by the settings, though zero-cache sees it all the same. */
export function examineExcluded({ table, columns }: PublishedTable, scope: Scope): ZeroFinding[] {
  const own = settingsOf(table, scope)
  if (own === undefined || table.name.schema !== scope.schema) return []
  const objects = own.exclude
    ? [`table ${tableLabel(table.name)}`]
    : columns
        .filter((column) => own.columns.get(column.name)?.exclude === true)
        .map((column) => columnLabel(table, column))
  const without = scope.settings.publication === null
  return objects.map((object) =>
    finding('excluded-still-sent', {
      object,
      effect: `It is left out of the schema, but zero-cache still ${own.exclude ? 'copies it' : 'sends it to clients'}.`,
      remedy: without
        ? 'Use a publication of your own, which leaves it out: zero: { publication: zero_data }'
        : `The publication ${scope.settings.publication} is older than the configuration: make it again with rowferry migrate.`,
      fix: null,
    }),
  )
}

/** Tables of the schema that PostgreSQL itself cannot publish. */
export function examineUnpublishable(table: TableFacts, scope: Scope): ZeroFinding[] {
  if (!isInScope(table, scope)) return []
  const object = `table ${tableLabel(table.name)}`
  if (table.unlogged) {
    const fix = `alter table ${qualifiedName(table.name)} set logged;`
    const effect = 'It is not synced: changes of unlogged tables are not replicated. A query of it fails in the client.'
    return [finding('unlogged-table', { object, effect, remedy: fix, fix })]
  }
  if (table.kind !== 'f') return []
  const effect = 'It is not synced: its rows are on another server. A query of it fails in the client.'
  const remedy = `Copy it into an ordinary table, or leave it out: zero: { tables: { ${JSON.stringify(table.name.name)}: { exclude: true } } }`
  return [finding('foreign-table', { object, effect, remedy, fix: null })]
}

function isExcluded(table: TableFacts, column: ColumnFacts, scope: Scope): boolean {
  const own = settingsOf(table, scope)
  return own?.exclude === true || own?.columns.get(column.name)?.exclude === true
}

export function columnLabel(table: TableFacts, column: Pick<ColumnFacts, 'name'>): string {
  return `column ${tableLabel(table.name)}.${column.name}`
}
