import { qualifiedName, quoteIdentifier, quoteLiteral } from '../databases/postgres/identifiers.ts'
import { type BareSequence, type Catalog, type Table, tableLabel, type TableName } from '../model/catalog.ts'
import { isNewTable, type PlannedTable, type SequenceReset } from '../model/plan.ts'
import type { Warning } from '../model/warning.ts'
import { isNumberedByApplication } from './numbered-columns.ts'
import { columnsOfSequence, isShared } from './sequence-names.ts'
import type { TablePlace } from './table-place.ts'

/** Every sequence that goes on after the values that were loaded. */
export function planSequences(
  planned: readonly PlannedTable[],
  places: readonly TablePlace[],
  target: Catalog | null,
): { readonly resets: SequenceReset[]; readonly warnings: Warning[] } {
  const byTarget = new Map(places.map((place) => [place.target, place]))
  const own = planned.flatMap((table) => sequenceResets(table, byTarget.get(table.target.name)))
  const bare = planBareSequences(planned, target)
  return { resets: [...own, ...bare.resets], warnings: bare.warnings }
}

/** Of columns with an identity, a default that calls a sequence, or a sequence that belongs to them. */
function sequenceResets(table: PlannedTable, place: TablePlace | undefined): SequenceReset[] {
  const { rowidColumn = null, sequenceValue = null } = place?.source.sqlite ?? {}
  const owning = new Set(place?.existing?.columns.filter(({ postgres }) => postgres?.sequence).map(({ name }) => name))
  return table.columns
    .filter((column) => column.identity || column.default?.includes('nextval(') || owning.has(column.target))
    .map((column) => ({
      table: table.target,
      column: column.target,
      atLeast: column.source === rowidColumn && sequenceValue !== null ? String(sequenceValue) : null,
    }))
}

/**
 * Sequences that only the application calls: no column owns them and no default names them, so that PostgreSQL does not
 * know what they number. Those whose name follows a rule of an ORM go on after the values of that column; the others are
 * named, since keys that the application takes from them may be taken already.
 */
function planBareSequences(
  planned: readonly PlannedTable[],
  target: Catalog | null,
): { readonly resets: SequenceReset[]; readonly warnings: Warning[] } {
  const sequences = target?.bareSequences ?? []
  const loaded = new Set(planned.filter((table) => !isNewTable(table)).map((table) => table.target.name))
  if (sequences.length === 0 || loaded.size === 0) return { resets: [], warnings: [] }
  const tables = (target?.tables ?? []).filter(isReadable)
  const resets: SequenceReset[] = []
  const warnings: Warning[] = []
  const matched = new Set<string>()
  const shared: BareSequence[] = []
  for (const sequence of sequences) {
    if (isShared(sequence.name.name)) {
      shared.push(sequence)
      continue
    }
    const found = columnsOfSequence(sequence.name.name, tables)
    if (found.length === 1) {
      for (const { table, column } of found) {
        matched.add(table.name.name)
        if (!loaded.has(table.name.name)) continue
        resets.push(resetOf(sequence, table.name, column))
        warnings.push(assumed(sequence, [{ table: table.name, column }]))
      }
    } else
      warnings.push(
        unmatched(
          sequence,
          found.map(({ table, column }) => ({ table: table.name, column })),
        ),
      )
  }
  for (const sequence of shared) {
    const users = tables.filter(({ name }) => !matched.has(name.name)).flatMap(sharedKey)
    const isUsed = users.some(({ table }) => loaded.has(table.name))
    resets.push(...(isUsed ? users.map(({ table, column }) => resetOf(sequence, table, column)) : []))
    warnings.push(isUsed ? assumed(sequence, users) : unmatched(sequence, []))
  }
  return { resets, warnings }
}

/** Its greatest value can be asked for. */
function isReadable({ postgres }: Table): boolean {
  return postgres !== null && postgres.access.rights.includes('select') && !postgres.rowSecurity
}

type Numbered = { readonly table: TableName; readonly column: string }

/** The key of a table that nothing else numbers. */
function sharedKey(table: Table): Numbered[] {
  const [name, ...more] = table.primaryKey?.columns ?? []
  const column = table.columns.find((candidate) => candidate.name === name)
  return column === undefined || more.length > 0 || !isNumberedByApplication(column)
    ? []
    : [{ table: table.name, column: column.name }]
}

function resetOf({ name }: BareSequence, table: TableName, column: string): SequenceReset {
  return { table, column, atLeast: null, sequence: name }
}

function assumed(sequence: BareSequence, columns: readonly Numbered[]): Warning {
  const shown = columns.slice(0, 5).map(({ table, column }) => `${tableLabel(table)}.${column}`)
  const more = columns.length > shown.length ? ` and ${columns.length - shown.length} more` : ''
  const by = sequence.increment === '1' ? '' : ` (increment ${sequence.increment})`
  return {
    code: 'sequence-assumed',
    table: columns.length === 1 ? (columns[0]?.table.name ?? null) : null,
    column: columns.length === 1 ? (columns[0]?.column ?? null) : null,
    message: `Sequence ${tableLabel(sequence.name)}${by} is called by the application alone. By its name it numbers ${shown.join(', ')}${more}: it goes on after the values there.`,
    remedy: null,
  }
}

function unmatched(sequence: BareSequence, columns: readonly Numbered[]): Warning {
  const [first] = columns
  const why =
    first === undefined
      ? 'its name fits no table'
      : `its name fits ${columns.map(({ table, column }) => `${tableLabel(table)}.${column}`).join(' and ')}`
  return {
    code: 'sequence-unmatched',
    table: null,
    column: null,
    message: `Sequence ${tableLabel(sequence.name)} stays where it is: no column uses it, and ${why}. If the application takes keys from it, they may be taken already.`,
    remedy:
      first === undefined
        ? null
        : `Where it numbers ${tableLabel(first.table)}: select setval(${quoteLiteral(qualifiedName(sequence.name))}, (select max(${quoteIdentifier(first.column)}) from ${qualifiedName(first.table)}))`,
  }
}
