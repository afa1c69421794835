import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import type { Table } from '../../../model/catalog.ts'
import { readSqliteCatalog } from './sqlite-catalog.ts'

function catalogOf(sql: string) {
  using database = new DatabaseSync(':memory:', {
    defensive: false,
    enableForeignKeyConstraints: false,
    enableDoubleQuotedStringLiterals: true,
  })
  database.exec(sql)
  return readSqliteCatalog(database)
}

function tableOf(sql: string, name = 't'): Table {
  const table = catalogOf(sql).tables.find((candidate) => candidate.name.name === name)
  if (table === undefined) throw new Error(`no table ${name}`)
  return table
}

const column = (name: string, position: number, declaredType: string) => ({
  name,
  position,
  declaredType,
  notNull: false,
  default: null,
  generated: null,
  collation: null,
  comment: null,
  postgres: null,
})

describe('the whole catalog', () => {
  const sql = `
    create table "Parent" (Code text, Region int, constraint pk primary key (Region, Code)) without rowid;
    create table child (
      id integer primary key autoincrement,
      'email' varchar(80) not null default "none" collate nocase constraint one_mail unique on conflict replace,
      code text, region int,
      total numeric(10, 2) default (1 + 2) check (total >= 0),
      label text generated always as (email || code) stored,
      ratio as (total / 2),
      constraint parent_fk foreign key (region, code) references PARENT on delete set null on update cascade deferrable initially deferred,
      constraint positive check (region > 0),
      unique (code, region)
    );
    create unique index one_label on child (lower(label) collate nocase desc, email) where total > 0;
    create view totals (who, sum) as select email, total from child;
    create view broken as select a from nowhere;
    create trigger watch after insert on child begin select 1; end;
    create virtual table docs using fts5 (title, body);
    insert into child (id, email) values (41, 'x');
    delete from child;
    analyze;`
  const catalog = catalogOf(sql)

  test('has kind, version and encoding', () => {
    expect(catalog).toMatchObject({
      kind: 'sqlite',
      version: expect.stringMatching(/^3\.\d+\.\d+$/),
      encoding: 'UTF-8',
    })
    expect(catalogOf(`pragma encoding = 'UTF-16le'; create table t (a)`).encoding).toBe('UTF-16le')
  })

  test('has the ordinary tables, complete', () => {
    expect(catalog.tables).toEqual([
      {
        name: { schema: 'main', name: 'Parent' },
        sql: `CREATE TABLE "Parent" (Code text, Region int, constraint pk primary key (Region, Code)) without rowid`,
        columns: [
          { ...column('Code', 1, 'TEXT'), notNull: true },
          { ...column('Region', 2, 'INT'), notNull: true },
        ],
        primaryKey: { name: 'pk', columns: ['Region', 'Code'] },
        uniqueKeys: [],
        foreignKeys: [],
        checkConstraints: [],
        indexes: [],
        comment: null,
        sqlite: {
          strict: false,
          withoutRowid: true,
          rowidColumn: null,
          rowidName: null,
          autoincrement: false,
          sequenceValue: null,
          conflictClauses: [],
          notUnderstood: [],
        },
        postgres: null,
      },
      {
        name: { schema: 'main', name: 'child' },
        sql: expect.stringMatching(/^CREATE TABLE child/),
        columns: [
          { ...column('id', 1, 'INTEGER'), notNull: true },
          { ...column('email', 2, 'varchar(80)'), notNull: true, default: "'none'", collation: 'NOCASE' },
          column('code', 3, 'TEXT'),
          column('region', 4, 'INT'),
          { ...column('total', 5, 'numeric(10, 2)'), default: '1 + 2' },
          { ...column('label', 6, 'TEXT'), generated: { expression: 'email || code', stored: true } },
          { ...column('ratio', 7, ''), generated: { expression: 'total / 2', stored: false } },
        ],
        primaryKey: { name: null, columns: ['id'] },
        uniqueKeys: [
          { name: 'one_mail', columns: ['email'] },
          { name: null, columns: ['code', 'region'] },
        ],
        foreignKeys: [
          {
            name: 'parent_fk',
            columns: ['region', 'code'],
            parent: { schema: 'main', name: 'Parent' },
            parentColumns: ['Region', 'Code'],
            onUpdate: 'cascade',
            onDelete: 'set null',
            deferrable: true,
            initiallyDeferred: true,
          },
        ],
        checkConstraints: [
          { name: null, expression: 'total >= 0' },
          { name: 'positive', expression: 'region > 0' },
        ],
        indexes: [
          {
            name: 'one_label',
            unique: true,
            parts: [
              { column: null, expression: 'lower(label)', collation: 'NOCASE', descending: true },
              { column: 'email', expression: null, collation: 'NOCASE', descending: false },
            ],
            where: 'total > 0',
            sql: expect.stringMatching(/^CREATE UNIQUE INDEX one_label/),
          },
        ],
        comment: null,
        sqlite: {
          strict: false,
          withoutRowid: false,
          rowidColumn: 'id',
          rowidName: 'id',
          autoincrement: true,
          sequenceValue: 41n,
          conflictClauses: ['email: unique on conflict replace'],
          notUnderstood: [],
        },
        postgres: null,
      },
    ])
  })

  test('has views, with the reason where one is broken', () => {
    expect(catalog.views).toEqual([
      {
        name: { schema: 'main', name: 'totals' },
        sql: 'CREATE VIEW totals (who, sum) as select email, total from child',
        select: 'select email, total from child',
        columns: ['who', 'sum'],
        broken: null,
      },
      {
        name: { schema: 'main', name: 'broken' },
        sql: 'CREATE VIEW broken as select a from nowhere',
        select: 'select a from nowhere',
        columns: [],
        broken: 'no such table: main.nowhere',
      },
    ])
  })

  test('has triggers and virtual tables, and skips what is not the user’s own', () => {
    expect(catalog.triggers).toEqual([
      { name: 'watch', table: 'child', sql: 'CREATE TRIGGER watch after insert on child begin select 1; end' },
    ])
    expect(catalog.virtualTables).toEqual([
      {
        name: { schema: 'main', name: 'docs' },
        module: 'fts5',
        sql: 'CREATE VIRTUAL TABLE docs using fts5 (title, body)',
        columns: ['title', 'body'],
        readable: true,
      },
    ])
    const reasons = Object.fromEntries(catalog.skipped.map(({ name, reason }) => [name, reason]))
    expect(Object.keys(reasons).toSorted()).toEqual([
      ...['config', 'content', 'data', 'docsize', 'idx'].map((suffix) => `docs_${suffix}`),
      'sqlite_sequence',
      'sqlite_stat1',
    ])
    expect(reasons['docs_idx']).toBe('shadow table of the virtual table docs')
    expect(reasons['sqlite_sequence']).toContain('AUTOINCREMENT')
  })
})

describe('the rowid', () => {
  test.each<[string, string | null, string | null]>([
    ['create table t (id integer primary key)', 'id', 'id'],
    ['create table t (id "INTEGER" primary key, rowid text)', 'id', 'id'],
    ['create table t (id integer, v, primary key (id desc))', 'id', 'id'],
    ['create table t (id integer primary key, v any) strict', 'id', 'id'],
    ['create table t (id integer primary key desc)', null, 'rowid'],
    ['create table t (id int primary key)', null, 'rowid'],
    ['create table t (id int primary key, v any) strict', null, 'rowid'],
    ['create table t (a integer, b integer, primary key (a, b))', null, 'rowid'],
    ['create table t (id integer primary key) without rowid', null, null],
    ['create table t ("ROWID" text)', null, '_rowid_'],
    ['create table t (rowid, _rowid_)', null, 'oid'],
    ['create table t (rowid, _rowid_, oid)', null, null],
    ['create table t (rowid, _rowid_, oid integer primary key)', 'oid', 'oid'],
    ['create table t (id integer unique)', null, 'rowid'],
  ])('of %s', (sql, rowidColumn, rowidName) => {
    expect(tableOf(sql).sqlite).toMatchObject({ rowidColumn, rowidName })
  })
})

describe('NOT NULL', () => {
  test.each([
    ['create table t (a text primary key, b int)', []],
    ['create table t (a text, b int, primary key (b, a)) without rowid', ['a', 'b']],
    ['create table t (a text primary key, b int) strict', ['a']],
    ['create table t (a integer primary key, b int not null on conflict ignore)', ['a', 'b']],
    ['create table t (a int null, b int)', []],
  ])('of %s', (sql, notNull) => {
    expect(
      tableOf(sql)
        .columns.filter((found) => found.notNull)
        .map((found) => found.name),
    ).toEqual(notNull)
  })
})

test.each([
  [`'it''s'`, `'it''s'`],
  [`"it's"`, `'it''s'`],
  ['[a b]', `'a b'`],
  ['word', `'word'`],
  ['"true"', `'true'`],
  ['true', 'true'],
  ['current_timestamp', 'current_timestamp'],
  ['null', null],
  ['(NULL)', null],
  ['(null /* none */)', null],
  ['-1 /* minus */', '-1'],
  ['( /* a */ 1 /* b */ + 2 -- c\n)', '1 /* b */ + 2'],
  [`x'0102'`, `x'0102'`],
  [`(strftime('%s', 'now'))`, `strftime('%s', 'now')`],
  ['""', `''`],
])('DEFAULT %s is %j', (written, expected) => {
  expect(tableOf(`create table t (a default ${written})`).columns[0]?.default).toBe(expected)
})

describe('foreign keys', () => {
  const parents =
    'create table P (Id integer primary key, x unique); create table q (a, b, primary key (b, a)); create table r (a);'
  test.each<[string, string, string[]]>([
    ['a references P', 'P', ['Id']],
    ['a references p(ID)', 'P', ['Id']],
    ['a references P(x)', 'P', ['x']],
    ['a, b, foreign key (a, b) references q', 'q', ['b', 'a']],
    ['a references q', 'q', []],
    ['a references r', 'r', []],
    ['a references nowhere', 'nowhere', []],
    ['a references nowhere(id)', 'nowhere', []],
    ['a references t, id integer primary key', 't', ['id']],
    ['a references P(absent)', 'P', ['absent']],
  ])('%s points to %s %j', (body, parent, parentColumns) => {
    const [key] = tableOf(`${parents} create table t (${body})`).foreignKeys
    expect(key).toMatchObject({ parent: { schema: 'main', name: parent }, parentColumns })
  })

  test('stand in the order of the statement with their own names', () => {
    const { foreignKeys } =
      tableOf(`${parents} create table t (a constraint k1 references P, b constraint k2 references P on delete restrict,
      constraint k3 foreign key (a) references P (x) deferrable)`)
    expect(
      foreignKeys.map(({ name, columns, onDelete, deferrable }) => [name, ...columns, onDelete, deferrable]),
    ).toEqual([
      ['k1', 'a', 'no action', false],
      ['k2', 'b', 'restrict', false],
      ['k3', 'a', 'no action', true],
    ])
  })
})

describe('keys and indexes', () => {
  test('a UNIQUE that repeats the primary key is no key of its own', () => {
    const table = tableOf('create table t (a text constraint pk primary key, b unique, unique (a), unique (a))')
    expect(table.primaryKey).toEqual({ name: 'pk', columns: ['a'] })
    expect(table.uniqueKeys).toEqual([{ name: null, columns: ['b'] }])
  })

  test('a key with its own collation is listed, because the model cannot say it', () => {
    const table = tableOf('create table t (a, b collate nocase, unique (a collate nocase), unique (b collate nocase))')
    expect(table.sqlite?.notUnderstood).toEqual(['unique (a collate nocase)'])
  })

  test('an index names the collation that it uses, the column’s own included', () => {
    const table = tableOf(
      'create table t (a collate nocase, b); create index i on t (a, a collate binary, b collate rtrim)',
    )
    expect(table.indexes[0]?.parts.map((part) => part.collation)).toEqual(['NOCASE', null, 'RTRIM'])
  })

  test('a double-quoted string in an index is a string', () => {
    const table = tableOf('create table t (a); create index i on t ("x", a, "a")')
    expect(table.indexes[0]?.parts.map((part) => part.expression ?? part.column)).toEqual([`'x'`, 'a', 'a'])
  })

  test('indexes stand oldest first', () => {
    const table = tableOf('create table t (a, b); create index z on t (a); create index y on t (b)')
    expect(table.indexes.map((index) => index.name)).toEqual(['z', 'y'])
  })
})

test('names of every kind are kept', () => {
  const names = [
    '',
    ' ',
    'a.b',
    "it's",
    'say "x"',
    'back`tick',
    '[x]',
    'select',
    'Äpfel',
    '日本',
    '🎉',
    'a\nb',
    '--',
    '/*',
    '%s',
    '$1',
    '?',
  ]
  const quoted = names.map((name) => `"${name.replaceAll('"', '""')}"`)
  const catalog = catalogOf(
    quoted.map((name) => `create table ${name} (${quoted.map((other) => `${other} collate nocase`).join()})`).join(';'),
  )
  expect(catalog.tables.map((table) => table.name.name)).toEqual(names)
  for (const table of catalog.tables) {
    expect(table.columns.map((found) => found.name)).toEqual(names)
    expect(table.columns.every((found) => found.collation === 'NOCASE')).toBe(true)
    expect(table.sqlite?.notUnderstood).toEqual([])
  }
})

test('what ALTER TABLE made of a statement is understood', () => {
  const table = tableOf(
    `create table t (a int -- first
    ); alter table t add column "b c" text collate nocase check ("b c" <> ''); alter table t rename column a to 'x y';
    alter table t add column d as ("x y" + 1); alter table t rename to "T 2"`,
    'T 2',
  )
  expect(table.columns.map((found) => found.name)).toEqual(['x y', 'b c', 'd'])
  expect(table.checkConstraints).toEqual([{ name: null, expression: `"b c" <> ''` }])
  expect(table.columns[2]?.generated).toEqual({ expression: '"x y" + 1', stored: false })
})

test('CREATE TABLE AS SELECT leaves a statement that is understood', () => {
  const table = tableOf('create table s (a int, b real, c text, d); create table t as select *, 1 as "e f" from s')
  expect(table.columns.map((found) => [found.name, found.declaredType])).toEqual([
    ['a', 'INT'],
    ['b', 'REAL'],
    ['c', 'TEXT'],
    ['d', ''],
    ['e f', ''],
  ])
  expect(table.sqlite?.notUnderstood).toEqual([])
})

describe('virtual tables', () => {
  const geo = `pragma writable_schema = on; insert into sqlite_master (type, name, tbl_name, rootpage, sql)
    values ('table', 'geo', 'geo', 0, 'CREATE VIRTUAL TABLE geo USING VirtualSpatialIndex()'); pragma writable_schema = reset`

  test('a missing module makes its table unreadable and nothing else', () => {
    const catalog = catalogOf(`create table n (id integer primary key); create view v as select * from geo; ${geo}`)
    expect(catalog.virtualTables).toMatchObject([
      { name: { name: 'geo' }, module: 'virtualspatialindex', columns: [], readable: false },
    ])
    expect(catalog.tables.map((table) => table.name.name)).toEqual(['n'])
    expect(catalog.views[0]?.broken).toContain('no such module')
  })

  test('shadow tables of a missing module are known by their names', () => {
    const catalog = catalogOf(
      `create table vec_chunks (a); create table vec_other (a); ${geo.replaceAll('geo', 'vec').replace('VirtualSpatialIndex', 'vec0')}`,
    )
    expect(catalog.skipped).toEqual([{ name: 'vec_chunks', reason: 'shadow table of the virtual table vec' }])
    expect(catalog.tables.map((table) => table.name.name)).toEqual(['vec_other'])
  })

  test('hidden columns are left out', () => {
    const catalog = catalogOf(
      'create virtual table d using fts4 (a, b); create virtual table r using rtree (id, x0, x1)',
    )
    expect(catalog.virtualTables.map((table) => table.columns)).toEqual([
      ['a', 'b'],
      ['id', 'x0', 'x1'],
    ])
  })
})

test('the counter of AUTOINCREMENT is read exactly, and is null before the first row', () => {
  const sql = 'create table t (id integer primary key autoincrement);'
  expect(tableOf(sql).sqlite?.sequenceValue).toBeNull()
  expect(tableOf(`${sql} insert into t values (9223372036854775807)`).sqlite?.sequenceValue).toBe(9223372036854775807n)
})

test('an empty database has an empty catalog', () => {
  expect(catalogOf('')).toMatchObject({ tables: [], views: [], triggers: [], virtualTables: [], skipped: [] })
})

test('1,000 tables are read together, not one after the other', () => {
  const tables = Array.from(
    { length: 1000 },
    (_, index) => `create table t${index} (id integer primary key autoincrement,
    name varchar(20) not null default 'x' collate nocase unique, a int check (a > 0), p int references t0 (id) on delete cascade,
    b, c, d, e, f, g); create index i${index} on t${index} (name, lower(b)) where a > 3;`,
  )
  using database = new DatabaseSync(':memory:')
  database.exec(`begin; ${tables.join('')} commit`)
  readSqliteCatalog(database)
  const start = performance.now()
  expect(readSqliteCatalog(database).tables).toHaveLength(1000)
  // 0.05 s alone, and half a minute where each table walks through all others; a busy machine must not matter.
  expect(performance.now() - start).toBeLessThan(10_000)
})
