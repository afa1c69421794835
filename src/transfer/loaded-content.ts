import { type RelationStructure, structureColumns } from '../databases/postgres/catalog/relation-structure.ts'
import type { HashedContent } from '../databases/postgres/copy/hash-query.ts'
import { type PlannedTable, rowHashOf } from '../model/plan.ts'
import type { LoadedContent } from '../store/loaded-tables.ts'
import { isHashable } from './early-hashes.ts'
import type { TableTotals } from './transfer-account.ts'
import { expectedRows } from './verify-table.ts'

/**
 * What the transfer loaded, from its own counts and hashes, without a look at the table: a row that an application wrote
 * meanwhile is not in it. Null where the hash of the rows is not the hash of the whole table (`hashedContent`).
 */
export function contentOf(
  table: PlannedTable,
  structure: RelationStructure,
  totals: TableTotals,
): LoadedContent | null {
  if (!isHashable(table) || otherColumns(table, structure).length > 0) return null
  return {
    rows: expectedRows(table, totals),
    rejected: totals.rejected,
    hash: totals.hash,
    hashed: { form: rowHashOf(table), columns: table.columns.map(hashedColumn) },
  }
}

/** What to hash so that a change of any column is seen: those of the plan as they were loaded, all others as text. */
export function hashedContent(table: PlannedTable, structure: RelationStructure): HashedContent {
  const others = otherColumns(table, structure).map((name) => ({ name, wireType: 'text', castTo: 'text' }) as const)
  return { form: rowHashOf(table), columns: [...table.columns.map(hashedColumn), ...others] }
}

function hashedColumn({ target, conversion }: PlannedTable['columns'][number]): HashedContent['columns'][number] {
  return { name: target, wireType: conversion.wireType, castTo: conversion.castTo }
}

/** Columns that did not come from the source. Generated ones follow from the others. */
function otherColumns(table: PlannedTable, structure: RelationStructure): string[] {
  const loaded = new Set(table.columns.map(({ target }) => target))
  return structureColumns(structure)
    .filter(({ name, generated }) => !generated && !loaded.has(name))
    .map(({ name }) => name)
}
