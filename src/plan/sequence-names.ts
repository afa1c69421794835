import type { Column, Table } from '../model/catalog.ts'
import { isNumberedByApplication } from './numbered-columns.ts'

/** Sequences from which several tables take their keys: Hibernate 4 and 5, JHipster, EclipseLink, Grails. */
const sharedNames = new Set([
  'hibernate_sequence',
  'hibernate_seq',
  'sequence_generator',
  'seq_gen',
  'seq_gen_sequence',
  'seq_gen_identity',
  'global_seq',
  'global_sequence',
  'generic_sequence',
])

export function isShared(sequence: string): boolean {
  return sharedNames.has(sequence.toLowerCase())
}

export type NumberedColumn = { readonly table: Table; readonly column: string }

/** PostgreSQL cuts longer names. */
const maxNameCharacters = 63

/**
 * Columns that a sequence of this name numbers, by the names that tools give: `<table>_<column>_seq` (Doctrine, Sequelize,
 * SQLAlchemy), `<table>_seq` and `<entity>_SEQ` (Hibernate), `seq_<table>`, `<table>_s`, `<table>_sq` (Oracle's customs),
 * `gen_<table>_<column>` (Firebird's). The best rule that fits decides; more than one table under it: nothing is known.
 */
export function columnsOfSequence(sequence: string, tables: readonly Table[]): NumberedColumn[] {
  const name = sequence.toLowerCase()
  const columns = tables.flatMap((table) => numberedColumns(table).map((column) => ({ table, column })))
  const named = columns.filter(({ column }) => calledByDefault(column) === name)
  for (const found of [
    named,
    columns.filter(({ table, column }) => namesOf(table.name.name, column, table).has(name)),
    columns.filter(({ table, column }) =>
      singularsOf(table.name.name).some((own) => namesOf(own, column, table).has(name)),
    ),
    columns.filter(({ table, column }) =>
      withoutPrefix(table.name.name).some((own) => namesOf(own, column, table).has(name)),
    ),
  ]) {
    // A key is numbered rather than a reference to one.
    const keys = found.filter(({ table, column }) => isKey(table, column))
    const likely = keys.length > 0 ? keys : found
    if (likely.length > 0) return likely.map(({ table, column }) => ({ table, column: column.name }))
  }
  return []
}

function numberedColumns(table: Table): Column[] {
  return table.columns.filter((column) => isNumberedByApplication(column) || calledByDefault(column) !== null)
}

/** `nextval('s'::text)` names a sequence without depending on it. */
function calledByDefault({ default: byDefault }: Column): string | null {
  const called = /nextval\(+'((?:[^']|'')+)'::text/.exec(byDefault ?? '')?.[1]
  return called === undefined
    ? null
    : called.replace(/^.*\./, '').replaceAll('"', '').replaceAll("''", "'").toLowerCase()
}

/** The names without the column are those of the key's sequence. */
function namesOf(table: string, column: Column, of: Table): Set<string> {
  const [own, key] = [table.toLowerCase(), column.name.toLowerCase()]
  const words = [`${own}_${key}`, ...(isKey(of, column) ? [own, `${own}_id`, `${own}id`] : [])]
  return new Set(
    words
      .flatMap((word) => [
        `${word}_seq`,
        `${word}_sequence`,
        `${word}_sq`,
        `${word}_s`,
        `${word}_gen`,
        `${word}_generator`,
        `${word}seq`,
        `${word}sequence`,
        `seq_${word}`,
        `sequence_${word}`,
        `sq_${word}`,
        `s_${word}`,
        `gen_${word}`,
        `seq${word}`,
      ])
      .map((name) => name.slice(0, maxNameCharacters)),
  )
}

function isKey({ primaryKey }: Table, column: Column): boolean {
  return primaryKey?.columns.length === 1 && primaryKey.columns[0] === column.name
}

/** An entity is called `User`, its table `users`. */
function singularsOf(table: string): string[] {
  const own = table.toLowerCase()
  return [
    ...(own.endsWith('ies') ? [`${own.slice(0, -3)}y`] : []),
    ...(own.endsWith('es') ? [own.slice(0, -2)] : []),
    ...(own.endsWith('s') ? [own.slice(0, -1)] : []),
    ...(own.includes('_') ? [own.replaceAll('_', '')] : []),
  ]
}

/** An application's prefix was put in front of its tables: `wallabag_entry` is numbered by `entry_id_seq`. */
function withoutPrefix(table: string): string[] {
  const words = table.toLowerCase().split('_')
  return words.slice(1).map((_, index) => words.slice(index + 1).join('_'))
}
