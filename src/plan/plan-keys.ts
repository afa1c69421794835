import {
  addCheck,
  addForeignKey,
  addPrimaryKey,
  addUnique,
  createIndex,
} from '../databases/postgres/schema/postgres-ddl.ts'
import { quoteIdentifier } from '../databases/postgres/identifiers.ts'
import { translateExpression } from '../mapping/sqlite-to-postgres/expressions.ts'
import { translateIndexPart } from '../mapping/sqlite-to-postgres/indexes.ts'
import type { ForeignKey, Index, IndexPart, Key } from '../model/catalog.ts'
import type { SchemaObject, SchemaObjectKind } from '../model/plan.ts'
import type { OrphanProfile } from '../model/profile.ts'
import { isForeignCollation } from './foreign-order.ts'
import { NameGiver } from './name-objects.ts'
import type { TablePlan } from './plan-table.ts'
import { expressionScope, sameKeyType, type TargetColumn } from './target-column.ts'

/** Everything that is made after the rows of one table but foreign keys. `names` are those of the whole schema. */
export function planKeys(table: TablePlan, names: NameGiver): SchemaObject[] {
  const { source } = table.place
  const objects: SchemaObject[] = []
  if (source.primaryKey && table.planned.surrogateKey === undefined)
    objects.push(planPrimaryKey(table, source.primaryKey, names))
  if (table.planned.surrogateKey !== undefined)
    objects.push(...planSurrogateKey(table, table.planned.surrogateKey, names))
  for (const key of source.uniqueKeys) objects.push(planUnique(table, key, names))
  for (const index of source.indexes) objects.push(planIndex(table, index, names))
  const constraints = constraintNames(objects)
  source.checkConstraints.forEach((check, number) => {
    const wanted = check.name ?? `${table.planned.target.name}_check${number === 0 ? '' : number}`
    objects.push(planCheck(table, constraints.give(wanted, 'check'), check.expression))
  })
  return objects
}

/** Constraints share their names within a table in PostgreSQL; SQLite lets several have the same. */
function constraintNames(planned: readonly SchemaObject[]): NameGiver {
  return new NameGiver({
    naming: 'keep',
    taken: planned.filter(({ kind }) => kind !== 'index').map(({ name }) => name),
  })
}

function object(
  table: TablePlan,
  kind: SchemaObjectKind,
  name: string,
  parts: Pick<SchemaObject, 'sourceSql' | 'sql' | 'note'>,
): SchemaObject {
  return { kind, table: table.planned.target, name, ...parts }
}

function planPrimaryKey(table: TablePlan, key: Key, names: NameGiver): SchemaObject {
  const { target } = table.planned
  const columns = targetColumns(table, key.columns)
  const name = names.give(key.name ?? `${target.name}_pkey`, 'primary_key')
  const sourceSql = `PRIMARY KEY (${key.columns.join(', ')})`
  if (!columns)
    return object(table, 'primary-key', name, { sourceSql, sql: null, note: 'one of its columns is left out' })
  const nulls = columns.filter((column) => column.nulls > 0)
  if (nulls.length > 0) {
    return object(table, 'primary-key', name, {
      sourceSql,
      sql: createIndex(target, { name, unique: true, parts: columns.map(plainPart), where: null }),
      note: `becomes a unique index: ${nulls.map((column) => `${column.nulls} rows have NULL in ${column.target}`).join(', ')}, which SQLite allows in a key and PostgreSQL does not`,
    })
  }
  if (columns.some((column) => column.collation === 'NOCASE')) {
    // The key itself stays exact; that 'A' and 'a' are one key is kept by the index of translateIndexPart in planUnique's way.
    return object(table, 'primary-key', name, {
      sourceSql: `${sourceSql} COLLATE NOCASE`,
      sql: `${addPrimaryKey(
        target,
        name,
        columns.map((column) => column.target),
      )};\n${createIndex(target, {
        name: names.give(`${target.name}_nocase_key`, 'nocase_key'),
        unique: true,
        parts: columns.map(nocasePart),
        where: null,
      })}`,
      note: 'NOCASE: a unique index on lower() beside the key keeps it unique without regard to case',
    })
  }
  return object(table, 'primary-key', name, {
    sourceSql,
    sql: addPrimaryKey(
      target,
      name,
      columns.map((column) => column.target),
    ),
    note: foreignOrderNote(columns),
  })
}

/** The source's own key, where it has one that Zero cannot use, stays unique. */
function planSurrogateKey(table: TablePlan, column: string, names: NameGiver): SchemaObject[] {
  const { target } = table.planned
  const name = names.give(`${target.name}_pkey`, 'primary_key')
  const own = table.place.source.primaryKey
  const added = object(table, 'primary-key', name, {
    sourceSql: null,
    sql: addPrimaryKey(target, name, [column]),
    note: `added for Zero: the server numbers the rows in ${column}`,
  })
  if (!own) return [added]
  const kept = planUnique(table, own, names)
  const sourceSql = `PRIMARY KEY (${own.columns.join(', ')})`
  const note = `becomes UNIQUE: the primary key is ${column}, because Zero cannot use this one`
  return [added, kept.sql === null ? { ...kept, sourceSql } : { ...kept, sourceSql, note: kept.note ?? note }]
}

function planUnique(table: TablePlan, key: Key, names: NameGiver): SchemaObject {
  const { target } = table.planned
  const columns = targetColumns(table, key.columns)
  const name = names.give(key.name ?? `${target.name}_${key.columns.join('_')}_key`, 'unique_key')
  const sourceSql = `UNIQUE (${key.columns.join(', ')})`
  if (!columns) return object(table, 'unique', name, { sourceSql, sql: null, note: 'one of its columns is left out' })
  if (columns.some((column) => column.collation === 'NOCASE')) {
    return object(table, 'unique', name, {
      sourceSql: `${sourceSql} COLLATE NOCASE`,
      sql: createIndex(target, { name, unique: true, parts: columns.map(nocasePart), where: null }),
      note: 'NOCASE: becomes a unique index on lower()',
    })
  }
  return object(table, 'unique', name, {
    sourceSql,
    sql: addUnique(
      target,
      name,
      columns.map((column) => column.target),
    ),
    note: foreignOrderNote(columns),
  })
}

/** Rows that a collation takes for different differ byte by byte: an exact key holds for all of them, and takes more. */
function foreignOrderNote(columns: readonly TargetColumn[]): string | null {
  const names = columns.map(({ collation }) => collation).filter(isForeignCollation)
  return names.length === 0
    ? null
    : `compares exactly: texts that are equal under ${names.join(', ')}, which PostgreSQL does not have, are different keys here`
}

function planIndex(table: TablePlan, index: Index, names: NameGiver): SchemaObject {
  const { target } = table.planned
  const name = names.give(index.name, 'index_without_name')
  const renamed = name === index.name ? [] : [`named ${name}`]
  const scope = expressionScope(table.place.source, table.columns)
  const parts: IndexPart[] = []
  const notes: string[] = [...renamed]
  const refuse = (reason: string): SchemaObject =>
    object(table, 'index', index.name, { sourceSql: index.sql, sql: null, note: reason })
  for (const part of index.parts) {
    const encoded = targetColumns(table, part.column === null ? [] : [part.column])?.find((column) => column.encoded)
    if (encoded) {
      parts.push({ ...plainPart(encoded), descending: part.descending })
      continue
    }
    const translated = translateIndexPart(part, scope)
    if (!translated.ok) return refuse(translated.reason)
    notes.push(...translated.notes)
    parts.push(expressionPart(translated.sql, part.descending))
  }
  const where = index.where === null ? null : translateExpression(index.where, scope, 'index-where')
  if (where && !where.ok) return refuse(`its condition: ${where.reason}`)
  if (where) notes.push(...where.notes)
  return object(table, 'index', name, {
    sourceSql: index.sql,
    sql: createIndex(target, { name, unique: index.unique, parts, where: where?.sql ?? null }),
    note: notes.length > 0 ? [...new Set(notes)].join('; ') : null,
  })
}

function planCheck(table: TablePlan, name: string, expression: string): SchemaObject {
  const translated = translateExpression(expression, expressionScope(table.place.source, table.columns), 'check')
  const sourceSql = `CHECK (${expression})`
  if (!translated.ok) return object(table, 'check', name, { sourceSql, sql: null, note: translated.reason })
  return object(table, 'check', name, {
    sourceSql,
    sql: addCheck(table.planned.target, name, translated.sql),
    note: translated.notes.length > 0 ? translated.notes.join('; ') : null,
  })
}

/**
 * Foreign keys need every parent's columns; `tables` is keyed by the source name in lower case. `keys` is what `planKeys` made
 * of the table.
 */
export function planForeignKeys(
  table: TablePlan,
  keys: readonly SchemaObject[],
  tables: ReadonlyMap<string, TablePlan>,
  orphans: readonly OrphanProfile[],
): SchemaObject[] {
  const names = constraintNames(keys)
  return table.place.source.foreignKeys.map((key) => {
    const wanted = key.name ?? `${table.planned.target.name}_${key.columns.join('_')}_fkey`
    return planForeignKey(table, key, names.give(wanted, 'foreign_key'), tables, orphans)
  })
}

function planForeignKey(
  table: TablePlan,
  key: ForeignKey,
  name: string,
  tables: ReadonlyMap<string, TablePlan>,
  orphans: readonly OrphanProfile[],
): SchemaObject {
  const sourceSql = `FOREIGN KEY (${key.columns.join(', ')}) REFERENCES ${key.parent.name} (${key.parentColumns.join(', ')})`
  const refuse = (note: string): SchemaObject => object(table, 'foreign-key', name, { sourceSql, sql: null, note })
  const parent = tables.get(key.parent.name.toLowerCase())
  if (!parent) return refuse(`the parent table ${key.parent.name} does not exist in the source or is not transferred`)
  const own = targetColumns(table, key.columns)
  const theirs = targetColumns(parent, key.parentColumns)
  if (!own || !theirs || theirs.length !== own.length) {
    return refuse(
      `the parent's key (${key.parentColumns.join(', ') || 'none'}) does not exist or has another number of columns`,
    )
  }
  if (!isUniqueKey(parent, key.parentColumns)) {
    return refuse(
      `(${key.parentColumns.join(', ')}) is not unique in ${key.parent.name}, so SQLite does not enforce it either`,
    )
  }
  const mismatch = own.findIndex((column, index) => !sameKeyType(column.type, theirs[index]?.type ?? ''))
  if (mismatch >= 0) {
    const [child, parentColumn] = [own[mismatch], theirs[mismatch]]
    return refuse(
      `${child?.target} is ${child?.type} and ${key.parent.name}.${parentColumn?.target} is ${parentColumn?.type}; to align them, set the type of ${child?.target} in the configuration (tables: ${table.place.source.name.name}: columns: ${key.columns[mismatch]}: {type: ${parentColumn?.type}})`,
    )
  }
  const strays = orphans.find(
    (orphan) => orphan.table === table.place.source.name.name && orphan.columns.join('\0') === key.columns.join('\0'),
  )
  return object(table, 'foreign-key', name, {
    sourceSql,
    sql: addForeignKey(
      table.planned.target,
      {
        name,
        columns: own.map((column) => column.target),
        parent: parent.planned.target,
        parentColumns: theirs.map((column) => column.target),
        onUpdate: key.onUpdate,
        onDelete: key.onDelete,
        deferrable: key.deferrable,
        initiallyDeferred: key.initiallyDeferred,
      },
      { notValid: (strays?.count ?? 0) > 0 },
    ),
    note: strays ? `NOT VALID: ${strays.count} rows point to no row of ${key.parent.name}; new rows are checked` : null,
  })
}

function isUniqueKey(parent: TablePlan, columns: readonly string[]): boolean {
  const { primaryKey, uniqueKeys, indexes } = parent.place.source
  const wanted = sortedNames(columns)
  const keys = [primaryKey, ...uniqueKeys].filter((key) => key !== null).map((key) => key.columns)
  const unique = indexes
    .filter((index) => index.unique && index.where === null && index.parts.every((part) => part.column !== null))
    .map((index) => index.parts.map((part) => part.column ?? ''))
  return [...keys, ...unique].some((candidate) => sortedNames(candidate) === wanted)
}

function sortedNames(columns: readonly string[]): string {
  return columns
    .map((column) => column.toLowerCase())
    .toSorted()
    .join('\0')
}

function targetColumns(table: TablePlan, names: readonly string[]): TargetColumn[] | null {
  const byName = new Map([...table.columns].map(([name, column]) => [name.toLowerCase(), column]))
  const found = names.map((name) => byName.get(name.toLowerCase()))
  return found.every((column) => column !== undefined) && found.length > 0 ? found : null
}

function plainPart(column: TargetColumn): IndexPart {
  return { column: column.target, expression: null, collation: null, descending: false }
}

function nocasePart(column: TargetColumn): IndexPart {
  return column.collation === 'NOCASE'
    ? expressionPart(`lower(${quoteIdentifier(column.target)})`, false)
    : plainPart(column)
}

function expressionPart(expression: string, descending: boolean): IndexPart {
  return { column: null, expression, collation: null, descending }
}
