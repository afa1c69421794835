import { expect, test } from 'vitest'
import { parseCreateView, parseVirtualTableModule } from './parse-create-view.ts'

test.each([
  ['CREATE VIEW v AS SELECT 1', 'SELECT 1'],
  ['CREATE VIEW IF NOT EXISTS "as" (a, "b") AS -- why\n select 1 as a, 2 ; ', 'select 1 as a, 2'],
  [
    "create temporary view main.'v' as with x as (select 1) select * from x -- end",
    'with x as (select 1) select * from x',
  ],
  ['CREATE VIEW v AS', ''],
  ['CREATE VIEW v', null],
  ['nonsense', null],
])('the query of %j is %j', (sql, query) => {
  expect(parseCreateView(sql)).toBe(query)
})

test.each([
  ['CREATE VIRTUAL TABLE docs USING FTS5(title, body)', 'fts5'],
  ['CREATE VIRTUAL TABLE IF NOT EXISTS main."geo" USING "VirtualSpatialIndex"()', 'virtualspatialindex'],
  ['create virtual table x using dbstat', 'dbstat'],
  ['CREATE TABLE x(a)', null],
])('the module of %j is %j', (sql, module) => {
  expect(parseVirtualTableModule(sql)).toBe(module)
})
