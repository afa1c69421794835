import { describe, expect, test } from 'vitest'
import { parseCreateTable } from './parse-create-table.ts'

type Parsed = ReturnType<typeof parseCreateTable>

/** Each body stands between `create table t (` and `)`; only the named parts are compared. */
const cases: readonly (readonly [string, Partial<Parsed>])[] = [
  ['a check (a > 0)', { checkConstraints: [{ name: null, expression: 'a > 0' }] }],
  [
    `a constraint "is ok" check ( a in (1, ')') /* ( */ and (b) ), b`,
    { checkConstraints: [{ name: 'is ok', expression: `a in (1, ')') /* ( */ and (b)` }] },
  ],
  [
    'a, b, check (a < b) on conflict ignore',
    { checkConstraints: [{ name: null, expression: 'a < b' }], conflictClauses: [] },
  ],
  // SQLite needs no comma between table constraints.
  [
    'a, b, constraint c1 check (a) check (b) constraint u unique (a) unique (b)',
    {
      checkConstraints: [
        { name: 'c1', expression: 'a' },
        { name: null, expression: 'b' },
      ],
      uniqueKeys: [
        { name: 'u', columns: ['a'], collations: [null], sql: 'unique (a)' },
        { name: null, columns: ['b'], collations: [null], sql: 'unique (b)' },
      ],
    },
  ],
  [
    '\'id\' INTEGER, "a b" "my type" collate nocase, [c] text[] COLLATE \'RTRIM\', `d` enum collate binary',
    {
      columns: [
        { name: 'id', collation: null, generated: null },
        { name: 'a b', collation: 'nocase', generated: null },
        { name: 'c', collation: 'RTRIM', generated: null },
        { name: 'd', collation: 'binary', generated: null },
      ],
    },
  ],
  [
    "a int, b generated always as (a || ')') stored, c int as (a + 1), d text generated always as (a) virtual not null",
    {
      columns: [
        { name: 'a', collation: null, generated: null },
        { name: 'b', collation: null, generated: "a || ')'" },
        { name: 'c', collation: null, generated: 'a + 1' },
        { name: 'd', collation: null, generated: 'a' },
      ],
    },
  ],
  ['id integer primary key autoincrement', { autoincrement: true }],
  [
    'id integer constraint pk primary key asc on conflict replace autoincrement not null',
    {
      autoincrement: true,
      primaryKey: { name: 'pk', columns: ['id'], collations: [null], sql: 'primary key asc on conflict replace' },
      conflictClauses: ['id: primary key asc on conflict replace'],
    },
  ],
  ['id integer, primary key (id autoincrement)', { autoincrement: true }],
  ["autoincrement text default 'autoincrement' /* autoincrement */", { autoincrement: false }],
  [
    'a unique on conflict abort, b not null on conflict ignore, c null on conflict fail, unique (a, b) on conflict rollback',
    { conflictClauses: ['b: not null on conflict ignore', 'unique (a, b) on conflict rollback'] },
  ],
  [
    'a, b collate nocase, constraint pk primary key (b collate rtrim desc, "a" asc)',
    {
      primaryKey: {
        name: 'pk',
        columns: ['b', 'a'],
        collations: ['rtrim', null],
        sql: 'primary key (b collate rtrim desc, "a" asc)',
      },
    },
  ],
  [
    `a references p, b constraint fk references "p"(x, y) on delete set null on update no action match full deferrable initially deferred not null,
     c references p not deferrable initially deferred, constraint k foreign key (a, b) references p on delete cascade deferrable`,
    {
      foreignKeys: [
        { name: null, columns: ['a'], deferrable: false, initiallyDeferred: false },
        { name: 'fk', columns: ['b'], deferrable: true, initiallyDeferred: true },
        { name: null, columns: ['c'], deferrable: false, initiallyDeferred: false },
        { name: 'k', columns: ['a', 'b'], deferrable: true, initiallyDeferred: false },
      ],
    },
  ],
  [
    'a default -1 unique, b default (1 + (2)) unique, c default + .5 unique, d default x\'00\' unique, e default now unique, f default "q" unique',
    {
      uniqueKeys: ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => ({
        name: null,
        columns: [name],
        collations: [null],
        sql: 'unique',
      })),
    },
  ],
  ['a decimal (10, 2) unique', { uniqueKeys: [{ name: null, columns: ['a'], collations: [null], sql: 'unique' }] }],
  [
    'a constraint x constraint y not null constraint z, b',
    {
      columns: [
        { name: 'a', collation: null, generated: null },
        { name: 'b', collation: null, generated: null },
      ],
    },
  ],
  // As ALTER TABLE ADD COLUMN leaves it.
  [
    'a -- first\n, b text collate nocase',
    {
      columns: [
        { name: 'a', collation: null, generated: null },
        { name: 'b', collation: 'nocase', generated: null },
      ],
    },
  ],
]

describe('parseCreateTable', () => {
  test.each(cases)('( %s )', (body, expected) => {
    const parsed = parseCreateTable(`CREATE TABLE t (${body})`)
    expect(parsed.notUnderstood).toEqual([])
    expect(parsed).toMatchObject(expected)
  })

  test.each([
    'CREATE TABLE t(a)',
    'create temp table if not exists "main" . \'t\' ( a ) without rowid, strict;',
    '/* before */ CREATE TABLE[t](a)-- after',
  ])('reads the frame %s', (sql) => {
    expect(parseCreateTable(sql)).toMatchObject({ columns: [{ name: 'a' }], notUnderstood: [] })
  })

  test.each([
    ['a frobnicate(1) twice(2), b check (b > 0)', ['a frobnicate(1) twice(2)']],
    ['a, b check b > 0, c unique', ['b check b > 0']],
    ['a, unique (lower(a)), constraint c check (a)', []],
    ['a, unique (1)', ['unique (1)']],
  ])('lists what it does not understand of ( %s ) and reads the rest', (body, notUnderstood) => {
    expect(parseCreateTable(`CREATE TABLE t (${body})`).notUnderstood).toEqual(notUnderstood)
  })

  test('goes on behind what it does not understand', () => {
    const parsed = parseCreateTable('CREATE TABLE t (a check a > 0, b collate nocase, check (b > 0))')
    expect(parsed.columns[1]).toEqual({ name: 'b', collation: 'nocase', generated: null })
    expect(parsed.checkConstraints).toEqual([{ name: null, expression: 'b > 0' }])
  })

  test.each(['', 'nonsense', 'CREATE TABLE', 'CREATE TABLE t(a', 'CREATE TABLE t AS SELECT 1', 'CREATE TABLE t(a))'])(
    'never throws: %j',
    (sql) => {
      expect(parseCreateTable(sql).notUnderstood).toEqual(sql === 'CREATE TABLE t(a))' ? [] : [sql])
    },
  )

  test('never throws, wherever a statement is cut', () => {
    const sql = `CREATE TABLE "t" (a constraint c check (a > 0) default (1), b references p(x) on delete set null deferrable, unique (a, b) on conflict fail)`
    for (let end = 0; end < sql.length; end += 1)
      expect(parseCreateTable(sql.slice(0, end)).notUnderstood).toHaveLength(1)
  })
})
