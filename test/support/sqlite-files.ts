import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

export type TestFolder = AsyncDisposable & { readonly path: string; file(name: string): string }

/** An empty folder that is removed in the end. */
export async function givenFolder(): Promise<TestFolder> {
  const path = await mkdtemp(join(tmpdir(), 'rowferry-test-'))
  return {
    path,
    file: (name) => join(path, name),
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  }
}

/** Makes a SQLite database; the first statement may set the encoding. */
export function givenSqlite(path: string, sql: string): string {
  using db = new DatabaseSync(path, { enableDoubleQuotedStringLiterals: true })
  db.exec(sql)
  return path
}

/** Rows 1 to n of `n`, for `insert … select … from ${numbers(n)}`. */
export function numbers(count: number): string {
  return `(with recursive s(n) as (select 1 union all select n + 1 from s where n < ${count}) select n from s)`
}

/** Names, sizes and modification times of everything in a folder: equal before and after when nothing was touched. */
export async function listFolder(path: string): Promise<string[]> {
  const names = (await readdir(path)).toSorted()
  return Promise.all(
    names.map(async (name) => {
      const { size, mtimeNs, mode } = await stat(join(path, name), { bigint: true })
      return `${name} ${size} ${mtimeNs} ${mode}`
    }),
  )
}
