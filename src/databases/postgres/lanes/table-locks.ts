import type { TableName } from '../../../model/catalog.ts'

/**
 * What a statement of ours locks a table with, in PostgreSQL's modes. Kept account of here too, so that two sessions of one
 * transfer never wait for each other inside PostgreSQL, where one would be taken for blocked, or both for dead-locked.
 *
 * - `read` ACCESS SHARE: hashing the rows
 * - `analyze` SHARE UPDATE EXCLUSIVE
 * - `index` SHARE: `create index`, any number side by side
 * - `reference` SHARE ROW EXCLUSIVE: a foreign key, on both of its tables
 * - `alter` ACCESS EXCLUSIVE: `alter table`
 */
export type LockMode = 'read' | 'analyze' | 'index' | 'reference' | 'alter'

export type TableLock = { readonly table: TableName; readonly mode: LockMode }

/** https://www.postgresql.org/docs/current/explicit-locking.html#LOCKING-TABLES */
const besides: Readonly<Record<LockMode, ReadonlySet<LockMode>>> = {
  read: new Set(['read', 'analyze', 'index', 'reference']),
  analyze: new Set(['read']),
  index: new Set(['read', 'index']),
  reference: new Set(['read']),
  alter: new Set(),
}

/** Whether one statement may run on a table while another one does. */
export function mayRunBeside(one: LockMode, other: LockMode): boolean {
  return besides[one].has(other)
}
