import { readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type GivenDatabase, givenDatabase, query } from '../../../test/support/postgres.ts'
import { givenSqlite } from '../../../test/support/sample-databases.ts'
import { type ConfigInput, migrate, type Report, verify } from '../../index.ts'

/** Every kind of table that is read in a way of its own: by rowid, in its own order, computed, empty, wide, without a name for its rowid. */
const everyKind = `
create table big(id integer primary key, n integer, t text);
with recursive c(x) as (select 1 union all select x + 1 from c where x < 40000) insert into big select x * 3, -x, 'text ' || x from c;
create table ordered(k text primary key, n integer) without rowid;
insert into ordered select 'key ' || id, n from big where id < 60000;
create table few(a, b integer default 7); insert into few values (-1000, 1), ('x', null), (2.5, 3);
create table computed(id integer primary key, a integer, double integer generated always as (a * 2) stored); insert into computed(a) values (4), (5);
create table nameless(rowid text, _rowid_ text, oid text); insert into nameless values ('a', 'b', 'c');
create table vacant(x integer);
create table added(id integer primary key); insert into added values (1); alter table added add column late text default 'late';
insert into added values (2, 'own');
`

function readings(report: Report): Record<string, unknown> {
  return Object.fromEntries(
    report.tables.map(({ source, verification }) => [
      source,
      verification.level === 'none' || verification.secondReading === null
        ? null
        : [verification.secondReading.scope, verification.secondReading.rows, verification.secondReading.counted],
    ]),
  )
}

async function migrated(source: string, target: GivenDatabase, config: ConfigInput = {}): Promise<Report> {
  return migrate({ source, target: target.url, config, cwd: dirname(source) })
}

describe('the second reading', () => {
  test('reads small tables whole and a sample of large ones, and says so', async () => {
    await using target = await givenDatabase()
    const source = givenSqlite(everyKind)
    const report = await migrated(source, target)
    expect(report.exitCode).toBe(0)
    expect(report.proof).toEqual({
      sentence: expect.stringMatching(
        /^Read again through SQLite: 5 tables whole, 2 tables by a sample of \d\.\d % of the rows; rows counted by SQLite itself: all tables\.$/,
      ),
      seed: expect.stringMatching(/^[0-9a-f]{12}$/),
    })
    expect(readings(report)).toMatchObject({
      big: ['sample', expect.any(Number), 40_000],
      ordered: ['sample', expect.any(Number), 19_999],
      few: ['whole', 3, 3],
      computed: ['whole', 2, 2],
      nameless: ['whole', 1, 1],
      vacant: ['whole', 0, 0],
      added: ['whole', 2, 2],
    })
    const shown = readFileSync(report.files.html ?? '', 'utf8')
    expect(shown).toContain('Read again through SQLite: 5 tables whole')
    expect(shown).toContain(report.proof?.seed)

    const compared = await verify({ source, target: target.url, cwd: dirname(source) })
    expect(compared).toMatchObject({ exitCode: 0, verify: 'full' })
    expect(readings(compared)).toMatchObject({ big: ['whole', 40_000, 40_000], ordered: ['whole', 19_999, 19_999] })
  })

  test('reads every row where it is asked to, of rows that are rejected and altered too', async () => {
    await using target = await givenDatabase()
    const source = givenSqlite(
      `${everyKind} create table odd(id integer primary key, n integer, t text);
       insert into odd select id, case id % 5 when 0 then 'no number' else id end, case id % 7 when 0 then 'a' || char(0) else 'b' end from big limit 5000`,
    )
    const report = await migrated(source, target, { verify: 'full', onMisfit: 'reject' })
    expect(report).toMatchObject({ exitCode: 5, verify: 'full', proof: { seed: null } })
    expect(readings(report)).toMatchObject({ big: ['whole', 40_000, 40_000], odd: ['whole', 5000, 5000] })
    expect(
      report.tables.every(({ verification }) => verification.level === 'content' && verification.verdict === 'equal'),
    ).toBe(true)
  })

  test('is not made of a damaged source that is salvaged, and the report says why', async () => {
    await using target = await givenDatabase()
    const source = givenSqlite(everyKind)
    const report = await migrated(source, target, { salvage: true })
    const reason = 'the source is damaged, and SQLite stops at the damage'
    expect(report.proof?.sentence).toContain(`NOT read again: big (${reason})`)
  })

  test('leaves rows of many megabytes to --verify full', async () => {
    await using target = await givenDatabase()
    const source = givenSqlite(
      'create table files(id integer primary key, b blob); insert into files values (1, zeroblob(20000000))',
    )
    const report = await migrated(source, target)
    expect(report).toMatchObject({ exitCode: 0 })
    expect(readings(report)).toEqual({ files: ['none', 0, 1] })
    expect(report.proof?.sentence).toContain('files (rows of up to 19 MB; --verify full reads them)')
  })

  test('looks at rows that go into a table with rows of its own', async () => {
    await using target = await givenDatabase()
    await query(target.url, `create table few(a text, b bigint unique); insert into few values ('mine', 99)`)
    const source = givenSqlite(`create table few(a text, b integer); insert into few values ('x', 1), ('y', -1000)`)
    const report = await migrated(source, target, { strategy: 'append' })
    expect(readings(report)).toEqual({ few: ['whole', 2, 2] })
    expect(report.exitCode).toBe(0)
  })
})
