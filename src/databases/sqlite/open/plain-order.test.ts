import { expect, test } from 'vitest'
import { withoutForeignCollations } from './plain-order.ts'

test.each([
  ['create table t(a text collate unicase)', 'create table t(a text )'],
  ['create table t(a COLLATE "my ""own""")', 'create table t(a )'],
  ['create table t(a collate [x y], b collate nocase)', 'create table t(a , b collate nocase)'],
  ["create table t(a collate/**/'x', primary key (a collate x desc))", 'create table t(a , primary key (a desc))'],
  ['create index i on t(a collate binary, b collate RTRIM)', 'create index i on t(a collate binary, b collate RTRIM)'],
  [`create table "collate unicase"(a default 'collate unicase') -- collate x`, null],
  ['create table t(collate, unicase)', null],
])('%s loses its foreign collations and nothing else', (sql, plain) => {
  const found = withoutForeignCollations(sql)
  expect(found).toHaveLength(sql.length)
  expect(found.replace(/ +/g, ' ')).toBe(plain ?? sql)
})
