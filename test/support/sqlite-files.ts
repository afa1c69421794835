import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { givenFolder } from './folders.ts'
import { changeSqlite } from './sample-databases.ts'

export type TestFiles = { readonly folder: string; path(name: string): string }

/** An own folder for files, removed when the test has ended. */
export function givenFiles(): TestFiles {
  const folder = givenFolder()
  return { folder, path: (name) => join(folder, name) }
}

/** Makes or changes a SQLite file; gives its path. */
export function writeSqlite(path: string, sql: string): string {
  changeSqlite(path, sql)
  return path
}

/** Rows 1 to `count` with the column `n`, for `insert … select … from`. */
export function numbers(count: number): string {
  return `(with recursive s(n) as (select 1 union all select n + 1 from s where n < ${count}) select n from s)`
}

/** Names, sizes, times and modes of everything in a folder: equal before and after when nothing was touched. */
export function listFolder(folder: string): string[] {
  return readdirSync(folder)
    .toSorted()
    .map((name) => {
      const { size, mtimeNs, mode } = statSync(join(folder, name), { bigint: true })
      return `${name} ${size} ${mtimeNs} ${mode}`
    })
}
