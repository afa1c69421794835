import { expect, test } from 'vitest'
import { assertRows } from '../support/assert-rows.ts'
import { dumpTarget } from '../support/dump-target.ts'
import { givenDatabase, query } from '../support/postgres.ts'
import { assertExit, latestReport, runCli, toldError } from '../support/run-cli.ts'
import { givenSqlite } from '../support/sample-databases.ts'

const users = `create table users(id integer primary key, name text)`

/** Records of eight tools, and tables of the application's own under such names. */
const source = `${users}; insert into users values (1, 'Ada');
  create table alembic_version(version_num varchar(32) primary key); insert into alembic_version values ('7e5b');
  create table oc_migrations(app text, version text, primary key (app, version)); insert into oc_migrations values ('core', '13'), ('core', '14');
  create table schema_version(version integer not null); insert into schema_version values (72);
  create table applied_schema_deltas(version integer, file text); insert into applied_schema_deltas values (72, '72/01.sql.sqlite');
  create table migrations(id integer primary key, timestamp bigint not null, name varchar not null);
  insert into migrations values (1, 1588, 'InitialSqlite1588'), (2, 1594, 'AddIndexSqlite1594');
  create table payload_migrations(id integer primary key, name text, batch numeric, updated_at text, created_at text); insert into payload_migrations values (1, 'dev', -1, null, null);
  create table phinxlog(version bigint primary key, migration_name text); insert into phinxlog values (20200101, 'A');
  create table "VersionInfo"("Version" integer, "AppliedOn" text, "Description" text); insert into "VersionInfo" values (1, null, 'first');
  create table version(id integer primary key, version text, product text); insert into version values (1, '1.0', 'pump');`
const target = `create table users(id int primary key, name text);
  create table alembic_version(version_num varchar(32) primary key); insert into alembic_version values ('c0fb');
  create table oc_migrations(app text, version text, primary key (app, version)); insert into oc_migrations values ('core', '13');
  create table schema_version(version integer not null); insert into schema_version values (80);
  create table applied_schema_deltas(version integer, file text); insert into applied_schema_deltas values (72, '72/01.sql.postgres');
  create table migrations(id serial primary key, timestamp bigint not null, name varchar not null);
  insert into migrations(timestamp, name) values (1587, 'InitialPostgres1587'), (1594, 'AddIndexPg1594');
  create table payload_migrations(id serial primary key, name varchar, batch numeric, updated_at timestamptz, created_at timestamptz); insert into payload_migrations(name) values ('20250101_init');
  create table phinxlog(version bigint primary key, migration_name text); insert into phinxlog values (20200101, 'A');
  create table "VersionInfo"("Version" bigint, "AppliedOn" timestamp, "Description" text); insert into "VersionInfo" values (1, null, 'first');
  create table version(id int primary key, version text, product text);`

test('schemas of different versions are refused, and loaded on request with the record of the target kept', async () => {
  await using database = await givenDatabase()
  await query(database.url, target)
  const path = givenSqlite(source)
  const before = await dumpTarget(database.url)
  const refused = await runCli(['migrate', path, database.url, '--yes'])
  assertExit(refused, 4)
  const told = toldError(refused)
  expect(told.code).toBe('CATALOG_VERSION_DIFFERS')
  for (const part of [
    'alembic_version (Alembic): only the source has 7e5b; only the target has c0fb.',
    'only the source has core 14; the newest in the target is core 13.',
    'only the source has 72; only the target has 80.',
  ]) {
    expect(told.sentence).toContain(part)
  }
  expect(told.sentence).not.toMatch(/phinxlog|VersionInfo|applied_schema_deltas|payload|migrations \(TypeORM/)
  expect(await dumpTarget(database.url)).toEqual(before)

  const planned = await runCli(['plan', path, database.url])
  expect(planned.exitCode).toBe(0)
  expect(planned.stdout).toContain('version-differs (3)')

  const [option] = /--allow-\S+/.exec(told.remedy) ?? []
  const run = await runCli(['migrate', path, database.url, option ?? ''])
  assertExit(run, 0)
  const { warnings } = latestReport(run.cwd)
  const coded = (code: string): (string | null)[] =>
    warnings
      .filter((warning) => warning.code === code)
      .map(({ table: name }) => name)
      .toSorted((a, b) => (String(a) < String(b) ? -1 : 1))
  expect(coded('version-differs')).toEqual(['alembic_version', 'oc_migrations', 'schema_version'])
  expect(coded('version-not-comparable')).toEqual(['migrations', 'payload_migrations'])
  expect(coded('bookkeeping-skipped')).toHaveLength(8)
  expect(warnings.find(({ table }) => table === 'migrations')?.message).toContain(
    'Newest in the source: AddIndexSqlite1594; newest in the target: AddIndexPg1594.',
  )
  await assertRows(database.url, `select * from version`, [[1, '1.0', 'pump']])
  await assertRows(database.url, `select name from users`, [['Ada']])
  await assertRows(database.url, `select version_num from alembic_version`, [['c0fb']])
})

test('a record is compared although its table is left out, and not where rowferry made it', async () => {
  await using database = await givenDatabase()
  const django = (rows: string): string =>
    `create table django_migrations(id integer primary key, app text, name text, applied text); insert into django_migrations values ${rows}; ${users}; insert into users values (1, 'Ada')`
  const old = givenSqlite(django(`(1, 'a', '0001', '2024-01-01')`))
  await query(
    database.url,
    `create schema app; set search_path to app; create table django_migrations(id int, app text, name text, applied timestamptz);
     insert into django_migrations values (1, 'a', '0001', now()), (2, 'a', '0002', now()); create table users(id int primary key, name text)`,
  )
  const chosen = ['migrate', old, database.url, '--schema', 'app', '--tables', 'users']
  const refused = await runCli(chosen)
  assertExit(refused, 4)
  expect(toldError(refused).sentence).toContain('only the target has a 0002')
  await query(database.url, `delete from app.django_migrations where name = '0002'`)
  assertExit(await runCli(chosen), 0)
  // Into an empty schema the record is carried, and follows a newer source.
  assertExit(await runCli(['migrate', old, database.url]), 0)
  await query(database.url, 'select 1')
  const { DatabaseSync } = await import('node:sqlite')
  using db = new DatabaseSync(old)
  db.exec(`insert into django_migrations values (2, 'a', '0003', '2024-01-02')`)
  assertExit(await runCli(['migrate', old, database.url, '--yes']), 0)
  await assertRows(database.url, 'select count(*) from django_migrations', [[2]])
})

test('names and entries made to deceive, and a record without end, are no obstacle', async () => {
  await using database = await givenDatabase()
  const evil = '\u001b[31m\nDONE: forged'
  const path = givenSqlite((db) => {
    db.exec(
      `create table alembic_version(version_num text); ${users};
      create table django_migrations(id integer primary key, app blob, name text, applied text);
      insert into django_migrations select value, x'ff00', null, 1 from generate_series(1, 3);
      create table "SequelizeMeta"(name text);
      with recursive n(i) as (select 1 union all select i + 1 from n where i < 10001) insert into "SequelizeMeta" select i from n`.replace(
        "select value, x'ff00', null, 1 from generate_series(1, 3)",
        `values (1, x'ff00', null, 1), (2, null, null, null)`,
      ),
    )
    db.prepare('insert into alembic_version values (?)').run(`${evil}${'x'.repeat(1000)}`)
  })
  await query(
    database.url,
    `create table alembic_version(version_num text); insert into alembic_version values ('b');
     create table django_migrations(id int, app bytea, name text, applied text); create table "SequelizeMeta"(name text); create table users(id int, name text)`,
  )
  const run = await runCli(['migrate', path, database.url, '--allow-version-difference', '--verbose'])
  assertExit(run, 0)
  expect(run.stdout).not.toContain('\u001b')
  expect(run.stdout).not.toMatch(/^DONE: forged/m)
  expect(latestReport(run.cwd).warnings.map(({ code, table }) => `${code} ${table}`)).toEqual(
    expect.arrayContaining(['version-differs alembic_version', 'version-not-comparable SequelizeMeta']),
  )
})
