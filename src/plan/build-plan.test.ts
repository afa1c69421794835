import { expect, test } from 'vitest'
import { givenFiles, writeSqlite } from '../../test/support/sqlite-files.ts'
import { type ConfigInput, defineConfig } from '../config/config.ts'
import type { Plan, SchemaObject } from '../model/plan.ts'
import { plan } from '../transfer/migrate.ts'

async function planOf(sql: string, config: ConfigInput = {}): Promise<Plan> {
  const files = givenFiles()
  return await plan({
    source: writeSqlite(files.path('app.db'), sql),
    target: null,
    config: defineConfig(config),
    signal: new AbortController().signal,
    emit: () => undefined,
    cwd: files.folder,
  })
}

function constraintsOf({ steps }: Plan): SchemaObject[] {
  return steps.flatMap((step) => (step.kind === 'add-objects' ? step.objects : []))
}

test('constraints of a table that SQLite lets have the same name get different ones', async () => {
  const planned = await planOf(`create table t(id integer primary key, a int constraint rule check (a > 0),
    b int constraint rule check (b > 0), c int constraint rule references t)`)
  const names = constraintsOf(planned).map((object) => object.name)
  expect(names).toEqual(['t_pkey', 'rule', 'rule_2', 'rule_3'])
})

test('constraints whose names begin alike keep different names within 63 bytes', async () => {
  const long = 'a'.repeat(64)
  const planned = await planOf(
    `create table t(a int constraint ${long}x check (a > 0), b int constraint ${long}y check (b > 0))`,
  )
  const names = constraintsOf(planned).map((object) => object.name)
  expect(new Set(names).size).toBe(2)
  for (const name of names) expect(Buffer.byteLength(name)).toBeLessThanOrEqual(63)
})

test('a default without offset is read in the time zone that the rows are read in', async () => {
  const sql = `create table t(id integer primary key, at timestamptz default '2024-01-01 12:00:00');
    insert into t values (1, '2024-06-01 12:00:00')`
  const planned = await planOf(sql, { timeZone: 'Europe/Berlin' })
  const column = planned.tables[0]?.columns.find((candidate) => candidate.target === 'at')
  expect(column).toMatchObject({
    type: 'timestamptz',
    default: "('2024-01-01 12:00:00'::timestamp at time zone 'Europe/Berlin')",
  })
})

test('rows of a target that knows how are hashed without making records of them', async () => {
  const planned = await planOf('create table t(id integer primary key); create table u(id integer primary key)')
  expect(planned.target.version).toBe('18')
  expect(planned.tables.map((table) => table.rowHash)).toEqual(['seeded', 'seeded'])
})
