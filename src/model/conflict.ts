/** What happens to a source row whose match key exists in the target, and to the target's own rows. */
export const conflictStrategies = ['skip', 'overwrite', 'merge', 'append', 'replace', 'error'] as const
export type ConflictStrategy = (typeof conflictStrategies)[number]

/** One sentence each, for help, plan and documentation. */
export const conflictStrategyMeaning: Readonly<Record<ConflictStrategy, string>> = {
  skip: 'insert rows whose key is absent, leave existing rows as they are',
  overwrite: 'update every transferred column of existing rows from the source, NULLs included, and insert the rest',
  merge: 'update existing rows with the source values that are not NULL, and insert the rest',
  append: 'insert every row under a newly generated key; foreign keys among the transferred tables follow',
  replace: 'empty the target table and load it again, so that it ends equal to the source',
  error: 'insert only if no key exists; the first existing key stops the table and nothing of it is loaded',
}

/** Strategies that also work on a table without a match key. */
export function needsMatchKey(strategy: ConflictStrategy): boolean {
  return strategy === 'skip' || strategy === 'overwrite' || strategy === 'merge'
}

/** Rows of one table by what became of them. Their sum plus `rejected` is the number of rows read. */
export type LoadCounts = {
  readonly created: number
  readonly updated: number
  readonly unchanged: number
  readonly skipped: number
}

export const noCounts: LoadCounts = { created: 0, updated: 0, unchanged: 0, skipped: 0 }

export function addCounts(a: LoadCounts, b: LoadCounts): LoadCounts {
  return {
    created: a.created + b.created,
    updated: a.updated + b.updated,
    unchanged: a.unchanged + b.unchanged,
    skipped: a.skipped + b.skipped,
  }
}
