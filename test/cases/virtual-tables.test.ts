import { describe, test } from 'vitest'
import { expectCase } from '../support/case-outcome.ts'

const search = `create virtual table docs using fts5(title, body); insert into docs values ('t', 'hello'), ('u', 'world');
  create table plain(id integer primary key, v text); insert into plain values (1, 'x')`
const places = `create virtual table places using rtree(id, minx, maxx, miny, maxy); insert into places values (1, 0, 1, 0, 1.5);
  create table plain(id integer primary key, v text); insert into plain values (1, 'x')`

const shadowsOfSearch = Object.fromEntries(
  ['config', 'content', 'data', 'docsize', 'idx'].map((name) => [`table-skipped docs_${name}`, /shadow table.* docs/]),
)
const shadowsOfPlaces = Object.fromEntries(
  ['node', 'parent', 'rowid'].map((name) => [`table-skipped places_${name}`, /shadow table.* places/]),
)

describe.concurrent('virtual tables, shadow tables, tables of SQLite and of tools', () => {
  test('full-text tables are named, and none of their shadow tables is carried', () =>
    expectCase({
      sqlite: search,
      tables: { plain: [[1, 'x']] },
      warnings: shadowsOfSearch,
      notCarried: { 'virtual-table docs': /fts5.*--include-virtual/ },
    }))

  test('on request the content of a full-text table is a plain table', () =>
    expectCase({
      sqlite: search,
      config: { includeVirtual: true },
      tables: {
        plain: [[1, 'x']],
        docs: [
          ['t', 'hello'],
          ['u', 'world'],
        ],
      },
      columns: { docs: 'title text, body text' },
      warnings: shadowsOfSearch,
    }))

  test('R-trees', () =>
    expectCase({
      sqlite: places,
      tables: { plain: [[1, 'x']] },
      warnings: shadowsOfPlaces,
      notCarried: { 'virtual-table places': /rtree.*--include-virtual/ },
    }))

  test('on request the content of an R-tree', () =>
    expectCase({
      sqlite: places,
      config: { includeVirtual: true },
      tables: { plain: [[1, 'x']], places: [[1, 0, 1, 0, 1.5]] },
      warnings: shadowsOfPlaces,
    }))

  test('a virtual table whose module is missing does not keep the others out', () =>
    expectCase({
      sqlite: `create table plain(id integer primary key, v text); insert into plain values (1, 'x');
        pragma writable_schema = on;
        insert into sqlite_master(type, name, tbl_name, rootpage, sql)
          values ('table', 'geo', 'geo', 0, 'CREATE VIRTUAL TABLE geo USING VirtualSpatialIndex()')`,
      tables: { plain: [[1, 'x']] },
      notCarried: { 'virtual-table geo': /virtualspatialindex is not here/i },
    }))

  test("SQLite's own statistics and counters are left behind in silence", () =>
    expectCase({
      sqlite: `create table t(id integer primary key autoincrement, a integer); create index by_a on t(a);
        insert into t values (1, 1), (2, 2); analyze`,
      tables: {
        t: [
          [1, 1],
          [2, 2],
        ],
      },
      constraints: { t: ['INDEX by_a (a)', 'PRIMARY KEY (id)'] },
    }))

  test("a table that looks like a shadow table but belongs to no virtual one is the user's", () =>
    expectCase({
      sqlite: `create table docs(id integer primary key); create table docs_content(id integer primary key, c text);
        create table mail_data(id integer primary key); insert into docs_content values (1, 'mine')`,
      tables: { docs: [], docs_content: [[1, 'mine']], mail_data: [] },
    }))

  test('the books of migration tools are carried into an empty database', () =>
    expectCase({
      sqlite: `create table django_migrations(id integer primary key autoincrement, app varchar(255) not null, name varchar(255) not null, applied datetime not null);
        create table schema_migrations(version text primary key);
        insert into django_migrations values (1, 'auth', '0001_initial', '2024-02-29 12:00:00'); insert into schema_migrations values ('20240101')`,
      tables: {
        django_migrations: [[1, 'auth', '0001_initial', '2024-02-29 12:00:00']],
        schema_migrations: [['20240101']],
      },
    }))

  test('in a schema that a tool has made, its own books stay as they are', () =>
    expectCase({
      sqlite: `create table _prisma_migrations(id text primary key, checksum text, migration_name text, finished_at text); create table alembic_version(version_num text);
        create table users(id integer primary key, name text);
        insert into _prisma_migrations values ('sqlite', '', 'old', '2024-01-01'); insert into alembic_version values ('9'); insert into users values (1, 'Ada')`,
      target: `create table _prisma_migrations(id text primary key, checksum text, migration_name text, finished_at text); create table alembic_version(version_num text);
        create table users(id integer primary key, name text);
        insert into _prisma_migrations values ('postgres', '', 'new', '2024-01-01'); insert into alembic_version values ('9')`,
      tables: {
        _prisma_migrations: [['postgres', '', 'new', '2024-01-01']],
        alembic_version: [['9']],
        users: [[1, 'Ada']],
      },
      warnings: {
        'version-not-comparable _prisma_migrations':
          /no migration stands on both sides. Newest in the source: old; .* new/,
        'bookkeeping-skipped _prisma_migrations': /Prisma/,
        'bookkeeping-skipped alembic_version': /Alembic/,
      },
    }))
})
