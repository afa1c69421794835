import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { maskUrl } from '../../src/util/secrets.ts'
import { givenFolder } from '../support/folders.ts'
import { givenDatabase, query } from '../support/postgres.ts'
import { assertExit, runCli, toldError } from '../support/run-cli.ts'

const sql = `
create table users (id bigint primary key, full_name text);
create table posts (id bigint primary key, author_id bigint references users, photo bytea);`

type Document = {
  readonly status: string
  readonly findings: readonly { readonly condition: string }[]
  readonly schema: { readonly path: string; readonly outcome: string; readonly tables: readonly unknown[] } | null
}

describe('rowferry zero', () => {
  test('writes the schema and the queries, and says what it found', async () => {
    await using db = await givenDatabase()
    await query(db.url, sql)
    const run = await runCli(['zero', db.url, '--out', 'src/schema.ts', '--queries', 'src/queries.ts'])
    const ready = !run.stdout.includes('stop')
    expect(run.exitCode).toBe(ready ? 0 : 4)
    expect(run.stdout).toContain('foreign key posts (author_id)')
    expect(run.stdout).toContain('✓ src/schema.ts: 2 tables, 2 relationships\n')
    expect(run.stdout).toContain('✓ src/queries.ts: a starter query for each table\n')
    expect(run.stdout).toContain('Next:\n')
    const text = readFileSync(join(run.cwd, 'src/schema.ts'), 'utf8')
    expect(text).toContain('//   posts.photo: bytea\n')
    expect(text).toContain("author: one({ sourceField: ['authorId'], destField: ['id'], destSchema: usersTable }),")
  })

  test('--check passes until the database changes, then says what to type', async () => {
    await using db = await givenDatabase()
    await query(db.url, sql)
    const cwd = givenFolder()
    const missing = await runCli(['zero', db.url, '--check'], { cwd })
    expect(missing.exitCode).toBe(6)
    expect(missing.stdout).toContain(`✗ zero-schema.ts does not exist; write it: rowferry zero '${maskUrl(db.url)}'`)
    await runCli(['zero', db.url], { cwd })
    assertExit(await runCli(['zero', db.url, '--check'], { cwd }), 0)
    await query(db.url, 'alter table users add age int not null default 0')
    const outdated = await runCli(['zero', db.url, '--check'], { cwd })
    expect(outdated.exitCode).toBe(6)
    expect(outdated.stdout).toContain('  + age: number(),\n✗ zero-schema.ts is out of date; write it: rowferry zero ')
  })

  test('--check-only writes nothing, and --fix mends after a yes', async () => {
    await using db = await givenDatabase()
    await query(db.url, sql)
    const cwd = givenFolder()
    const asked = await runCli(['zero', db.url, '--check-only', '--fix'], { cwd })
    expect(asked.exitCode).toBe(4)
    expect(toldError(asked).code).toBe('CATALOG_NEEDS_CONFIRMATION')
    const before = JSON.parse((await runCli(['zero', db.url, '--check-only', '--json'], { cwd })).stdout) as Document
    expect(before.findings.map((finding) => finding.condition)).toContain('foreign-key-unindexed')
    const fixed = await runCli(['zero', db.url, '--check-only', '--fix', '--yes', '--json'], { cwd })
    const after = JSON.parse(fixed.stdout) as Document
    expect(after.findings.map((finding) => finding.condition)).not.toContain('foreign-key-unindexed')
    expect(after.schema).toBeNull()
    expect(existsSync(join(cwd, 'zero-schema.ts'))).toBe(false)
  })

  test('--fix makes the publication that the configuration names', async () => {
    await using db = await givenDatabase()
    await query(db.url, sql)
    const cwd = givenFolder()
    writeFileSync(join(cwd, 'rowferry.yaml'), 'zero:\n  publication: synced\n  schemaFile: app/schema.ts\n')
    await runCli(['zero', db.url, '--fix', '--yes'], { cwd })
    const [row] = await query(db.url, `select count(*) as tables from pg_publication_tables where pubname = 'synced'`)
    expect(row).toEqual({ tables: '2' })
    expect(readFileSync(join(cwd, 'app/schema.ts'), 'utf8')).toContain("table('posts')")
  })

  test('keeps a file that was changed by hand, unless it is told to replace it', async () => {
    await using db = await givenDatabase()
    await query(db.url, sql)
    const cwd = givenFolder()
    writeFileSync(join(cwd, 'zero-schema.ts'), 'export const mine = 1\n')
    const kept = await runCli(['zero', db.url], { cwd })
    expect(kept.exitCode).toBe(4)
    expect(toldError(kept)).toMatchObject({ code: 'CATALOG_NEEDS_CONFIRMATION' })
    expect(readFileSync(join(cwd, 'zero-schema.ts'), 'utf8')).toBe('export const mine = 1\n')
    await runCli(['zero', db.url, '--yes'], { cwd })
    expect(readFileSync(join(cwd, 'zero-schema.ts'), 'utf8')).toContain('// Made by rowferry')
  })

  test('needs a database', async () => {
    const run = await runCli(['zero'])
    expect(run.exitCode).toBe(2)
    expect(toldError(run).remedy).toContain('rowferry zero postgres://')
  })
})
