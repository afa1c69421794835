import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import { assertRows } from '../support/assert-rows.ts'
import { filesUnder } from '../support/folders.ts'
import { givenDatabase, query } from '../support/postgres.ts'
import { assertExit, lastLine, readIssueFile, readReport, runCli, transferFolder } from '../support/run-cli.ts'
import { givenSqlite, shopSql } from '../support/sample-databases.ts'

describe('rowferry migrate', () => {
  test('carries rows, types, keys, indexes, views and sequences into an empty database', async () => {
    await using target = await givenDatabase()
    const { url } = target
    const run = await runCli(['migrate', givenSqlite(shopSql), url])
    assertExit(run, 0)

    await assertRows(url, 'select id, name, email, vip, born, balance, photo, score from customers order by id', [
      [1, 'Ada', 'ada@example.org', true, '1815-12-10', '12.50', '\\x00ff10', '0.1'],
      [2, 'Grace', 'grace@example.org', false, null, '-3.05', null, '1e+300'],
      [3, 'Zoë 日本 🎉', null, false, '1900-01-01', '0.00', '\\x', '-0.5'],
    ])
    await assertRows(url, `select id, seen, settings ->> 'theme' from customers where id = 1`, [
      [1, '2024-02-29 12:30:00', 'dark'],
    ])
    await assertRows(url, 'select seen from customers where id = 3', [['1999-12-31 23:59:59.123456']])
    await assertRows(url, 'select order_id, line, product from order_lines order by 1, 2', [
      [1, 1, 'lamp'],
      [1, 2, 'oil'],
      [2, 1, 'wick'],
    ])
    await assertRows(url, 'select id, total from large_orders', [[1, 250]])
    await assertRows(
      url,
      `select column_name, format_type(a.atttypid, a.atttypmod) from information_schema.columns c join pg_attribute a
         on a.attrelid = 'customers'::regclass and a.attname = c.column_name
       where table_schema = 'public' and table_name = 'customers' order by ordinal_position`,
      [
        ['id', 'bigint'],
        ['name', 'text'],
        ['email', 'text'],
        ['vip', 'boolean'],
        ['born', 'date'],
        ['seen', 'timestamp without time zone'],
        ['balance', 'numeric(10,2)'],
        ['settings', 'jsonb'],
        ['photo', 'bytea'],
        ['score', 'double precision'],
      ],
    )
    await assertRows(
      url,
      `select conrelid::regclass as table_name, contype, pg_get_constraintdef(oid) from pg_constraint
       where connamespace = 'public'::regnamespace and contype in ('p', 'f', 'c') order by conrelid::regclass::text, contype`,
      [
        ['customers', 'p', 'PRIMARY KEY (id)'],
        ['order_lines', 'f', 'FOREIGN KEY (order_id) REFERENCES orders(id)'],
        ['order_lines', 'p', 'PRIMARY KEY (order_id, line)'],
        ['orders', 'c', 'CHECK ((total >= (0)::numeric))'],
        ['orders', 'f', 'FOREIGN KEY (customer_id) REFERENCES customers(id) ON DELETE CASCADE'],
        ['orders', 'p', 'PRIMARY KEY (id)'],
      ],
    )
    const indexes = await query(url, `select indexdef from pg_indexes where schemaname = 'public' order by indexname`)
    const definitions = indexes.map((row) => row['indexdef']).join('\n')
    expect(definitions).toMatch(/orders_by_customer.*\(customer_id, placed_at DESC/)
    expect(definitions).toMatch(/vip_names.*WHERE/)
    await expect(
      query(url, `insert into customers(name, email, vip) values ('x', 'ADA@example.org', false)`),
      'e-mail addresses stay unique without regard to case',
    ).rejects.toMatchObject({ code: '23505' })
  })

  test('gives the next row the next number, never one that AUTOINCREMENT had used', async () => {
    await using target = await givenDatabase()
    await runCli(['migrate', givenSqlite(shopSql), target.url])
    await assertRows(target.url, `insert into customers(name) values ('new') returning id, vip`, [[41, false]])
    await assertRows(target.url, 'insert into orders(customer_id) values (1) returning id, placed_at is not null', [
      [4, true],
    ])
  })

  test('says the same in exit code, last line, report.json and --json', async () => {
    await using target = await givenDatabase()
    const run = await runCli(['migrate', givenSqlite(shopSql), target.url])
    const folder = transferFolder(run.cwd)
    const report = readReport(folder)
    expect(report).toMatchObject({ status: 'completed', exitCode: 0, resumed: false, failure: null })
    expect(report.verdict).toBe('DONE: 9 rows of 3 tables carried, content verified.')
    expect(lastLine(run)).toBe(report.verdict)
    expect(report.totals).toMatchObject({ tables: 3, rowsRead: 9, loaded: 9, rejected: 0, altered: 0 })
    expect(filesUnder(folder)).toEqual(['log.jsonl', 'plan.json', 'plan.sql', 'report.html', 'report.json'])
    for (const table of report.tables) {
      expect(table.verification).toMatchObject({ level: 'content', verdict: 'equal', differingRows: 0 })
    }

    await using other = await givenDatabase()
    const asJson = await runCli(['migrate', givenSqlite(shopSql), other.url, '--json'])
    const printed = JSON.parse(asJson.stdout) as unknown
    expect(printed).toEqual(readReport(transferFolder(asJson.cwd)))
    expect(printed).toMatchObject({ status: 'completed', exitCode: 0 })
  })

  test('lists what it altered and what it rejected, and ends with 5', async () => {
    await using target = await givenDatabase()
    const source = givenSqlite(`
      create table notes(id integer primary key, written date, body text);
      insert into notes values (1, '2024-01-01', 'fine'), (2, 'some day', 'lost'), (3, null, 'a' || char(0) || 'b');
    `)
    const run = await runCli(['migrate', source, target.url, '--on-misfit', 'reject'])
    const report = readReport(transferFolder(run.cwd))
    assertExit(run, 5)
    expect(report).toMatchObject({ status: 'completed_with_rejects', exitCode: 5 })
    expect(lastLine(run)).toBe(report.verdict)
    expect(report.totals).toMatchObject({ rowsRead: 3, loaded: 2, rejected: 1, altered: 1 })
    await assertRows(target.url, 'select id, written, body from notes order by id', [
      [1, '2024-01-01', 'fine'],
      [3, null, 'ab'],
    ])
    expect(readIssueFile(report.files.rejects)).toEqual([
      expect.objectContaining({ table: 'notes', key: { id: 2 }, column: 'written', code: 'DATA_MISFIT' }),
    ])
    expect(readIssueFile(report.files.altered)).toEqual([
      expect.objectContaining({ table: 'notes', key: { id: 3 }, column: 'body', after: 'ab', rule: 'nul-stripped' }),
    ])
    for (const path of [report.files.rejects, report.files.altered]) expect(run.stdout).toContain(path)
  })

  test('leaves nothing of its own in public, and its schema can be dropped', async () => {
    await using target = await givenDatabase()
    await runCli(['migrate', givenSqlite(shopSql), target.url])
    await assertRows(
      target.url,
      `select relname, relkind from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'v', 'm', 'f') order by 1`,
      [
        ['customers', 'r'],
        ['large_orders', 'v'],
        ['order_lines', 'r'],
        ['orders', 'r'],
      ],
    )
    await assertRows(target.url, `select proname from pg_proc where pronamespace = 'public'::regnamespace`, [])
    await query(target.url, 'drop schema rowferry cascade')
    await assertRows(target.url, 'select count(*) from customers', [[3]])
    await query(target.url, `insert into customers(name) values ('after')`)
  })

  test('loads into another schema, which it makes', async () => {
    await using target = await givenDatabase()
    const run = await runCli(['migrate', givenSqlite(shopSql), target.url, '--schema', 'Shop 2'])
    assertExit(run, 0)
    await assertRows(target.url, 'select count(*) from "Shop 2".customers', [[3]])
    await assertRows(target.url, `select count(*) from pg_class where relnamespace = 'public'::regnamespace`, [[0]])
  })

  test('takes only the tables that are asked for', async () => {
    await using target = await givenDatabase()
    const some = await runCli(['migrate', givenSqlite(shopSql), target.url, '--tables', 'order*'])
    expect([0, 5]).toContain(some.exitCode)
    await assertRows(target.url, `select tablename from pg_tables where schemaname = 'public' order by 1`, [
      ['order_lines'],
      ['orders'],
    ])
  })

  test('needs no superuser, and shows the password of the URL nowhere', async () => {
    await using target = await givenDatabase()
    const password = 'tr0ub4dor-and-3'
    const role = `owner_${target.name}`
    await query(target.url, `create role ${role} login password '${password}'`)
    await query(target.url, `alter database ${target.name} owner to ${role}`)
    const url = new URL(target.url)
    url.username = role
    url.password = password
    const options = ['--verbose', '--log-level', 'debug']
    const source = givenSqlite(shopSql)
    try {
      const run = await runCli(['migrate', source, url.href, ...options])
      assertExit(run, 0)
      const again = await runCli(['migrate', source, url.href, ...options], { cwd: run.cwd })
      assertExit(again, 4)
      const plan = await runCli(['plan', source, url.href, '--json'])
      const written = filesUnder(run.cwd).map((path) => readFileSync(join(run.cwd, path), 'utf8'))
      expect(written.length).toBeGreaterThanOrEqual(5)
      for (const text of [...written, run.stdout, again.stdout, again.stderr, plan.stdout, plan.stderr]) {
        expect(text).not.toContain(password)
      }
    } finally {
      await query(target.url, `alter database ${target.name} owner to current_user`)
      await query(target.url, `reassign owned by ${role} to current_user; drop owned by ${role}; drop role ${role}`)
    }
  })

  test('reads the rows that still stand in the -wal file of a database in use', async () => {
    await using target = await givenDatabase()
    const source = givenSqlite('create table t(id integer primary key, v text)')
    const writer = new DatabaseSync(source)
    try {
      writer.exec(`pragma journal_mode = wal; pragma wal_autocheckpoint = 0; insert into t values (1, 'in the log')`)
      expect(existsSync(`${source}-wal`)).toBe(true)
      const run = await runCli(['migrate', source, target.url])
      assertExit(run, 0)
      await assertRows(target.url, 'select id, v from t', [[1, 'in the log']])
      writer.exec(`insert into t values (2, 'later')`)
    } finally {
      writer.close()
    }
  })

  test('goes into an embedded PostgreSQL when no target is named, and prints its URL', async () => {
    const source = givenSqlite(shopSql)
    const run = await runCli(['migrate', source])
    assertExit(run, 0)
    expect(run.stdout).toMatch(/postgres:\/\/\S+@127\.0\.0\.1:\d+\/\w+/)
    expect(existsSync(join(run.cwd, '.rowferry', 'postgres'))).toBe(true)
    const verified = await runCli(['migrate', source, '--yes'], { cwd: run.cwd })
    assertExit(verified, 0)
  })
})
