import { expect, test } from 'vitest'
import { isJsonNote } from '../mapping/sqlite-to-postgres/expression-json.ts'
import type { SchemaObject } from '../model/plan.ts'
import { fitToServer } from './fit-server.ts'

const object = (parts: Partial<SchemaObject>): SchemaObject => ({
  kind: 'check',
  table: { schema: 'public', name: 't' },
  name: 'c',
  sourceSql: '',
  sql: 'alter table "public"."t" add constraint "c" check ("data" is json or "data" is null)',
  note: isJsonNote,
  ...parts,
})

test('IS JSON stays where the server has it, and is nothing to tell', () => {
  expect(fitToServer([object({})], '16.14')).toEqual([object({ note: null })])
})

test('a CHECK becomes a cast on an older server', () => {
  const [fitted] = fitToServer([object({ note: `${isJsonNote}; more` })], '15.18')
  expect(fitted?.sql).toContain('check (("data"::json is not null) or "data" is null)')
  expect(fitted?.note).toMatch(/^more; json_valid\(\) is a cast/)
})

test('what cannot be written otherwise is named before the start', () => {
  expect(fitToServer([object({ kind: 'index' })], '15.18')).toMatchObject([
    { sql: null, note: 'it uses IS JSON, which needs PostgreSQL 16, and the target is 15' },
  ])
  expect(fitToServer([object({ sql: 'check ((a || b) is json)' })], '14.23')).toMatchObject([{ sql: null }])
})

test('a name that reads like it is left alone', () => {
  const named = object({ sql: 'create index "a is json" on t (a)', note: null })
  expect(fitToServer([named], '15.18')).toEqual([named])
})
