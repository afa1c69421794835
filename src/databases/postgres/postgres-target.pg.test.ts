import { describe, expect, test, vi } from 'vitest'
import { encodeRows, plannedTable } from '../../../test/support/planned-tables.ts'
import { givenDatabase, type GivenDatabase, query } from '../../../test/support/postgres.ts'
import type { PostgresValue } from '../../model/batch.ts'
import type { PlannedTable, SchemaObject, SchemaObjectKind } from '../../model/plan.ts'
import type { ObjectReport } from '../../model/report.ts'
import type { Lane, Lanes } from './lanes/lanes.ts'
import { addForeignKey, addPrimaryKey, addUnique, createTable } from './schema/postgres-ddl.ts'
import { openPostgresTarget, type PostgresTarget } from './postgres-target.ts'
import type { AddObjectsOptions } from './schema/schema-objects.ts'

const signal = new AbortController().signal
const emit = (): void => undefined

async function givenTarget(setup = ''): Promise<{ database: GivenDatabase; target: PostgresTarget } & AsyncDisposable> {
  const database = await givenDatabase()
  if (setup) await query(database.url, setup)
  const target = await openPostgresTarget({ url: database.url, signal, emit })
  return {
    database,
    target,
    [Symbol.asyncDispose]: async () => {
      await target[Symbol.asyncDispose]()
      await database[Symbol.asyncDispose]()
    },
  }
}

function object(kind: SchemaObjectKind, name: string, sql: string | null, note: string | null = null): SchemaObject {
  return { kind, name, sql, note, table: { schema: 'public', name: 't' }, sourceSql: `source of ${name}` }
}

describe('making tables', () => {
  test('is all or nothing, together with what is noted in the same transaction', async () => {
    await using given = await givenTarget('create table noted (n int)')
    const bad = [
      object('table', 'a', 'create table public.a (id bigint)'),
      object('table', 'b', 'create table public.b (id no_such_type)'),
    ]
    const beforeCommit = async (client: PostgresTarget['client']): Promise<void> => {
      await client.query('insert into public.noted values (1)')
    }
    await expect(given.target.createTables(bad, { signal, beforeCommit })).rejects.toMatchObject({
      code: 'CATALOG_DDL_FAILED',
      message: expect.stringMatching(
        /^PostgreSQL refused the table b of t \(type "no_such_type" does not exist\); nothing was changed/,
      ),
      remedy: expect.stringMatching(/create table public\.b[\s\S]*source of b/),
    })
    expect(await query(given.database.url, `select relname from pg_class where relname in ('a', 'b')`)).toEqual([])
    await given.target.createTables(bad.slice(0, 1), { signal, beforeCommit })
    expect(await query(given.database.url, 'select count(*) from noted')).toEqual([{ count: '1' }])
  })
})

describe('adding objects', () => {
  test('each on its own: what is refused is reported, what rows contradict stands as NOT VALID, keys come first', async () => {
    await using given = await givenTarget(
      'create table t (id bigint, boss bigint, n int); insert into t values (1, 77, -1), (2, 1, 5)',
    )
    const table = { schema: 'public', name: 't' }
    const boss = {
      name: 'boss',
      columns: ['boss'],
      parent: table,
      parentColumns: ['id'],
      onUpdate: 'no action',
      onDelete: 'no action',
      deferrable: false,
      initiallyDeferred: false,
    } as const
    const reports = await given.target.addObjects(
      [
        object('foreign-key', 'boss', addForeignKey(table, boss)),
        object('view', 'v', 'create view public.v as select * from public.nowhere'),
        object('check', 'positive', 'alter table public.t add constraint positive check (n > 0)'),
        object('index', 'i', 'create index i on public.t (n)', 'without its collation'),
        object('primary-key', 't_pkey', addPrimaryKey(table, 't_pkey', ['id'])),
        object('trigger', 'tr', null, 'triggers are not translated'),
      ],
      { signal, emit },
    )
    expect(reports.map(({ name, outcome, error }) => [name, outcome, error])).toEqual([
      ['boss', 'changed', expect.stringContaining('Key (boss)=(77) is not present')],
      ['v', 'refused', 'relation "public.nowhere" does not exist'],
      ['positive', 'changed', expect.stringContaining('is violated by some row')],
      ['i', 'changed', null],
      ['t_pkey', 'created', null],
      ['tr', 'not-carried', null],
    ])
    const names = await query(
      given.database.url,
      `select conname, convalidated::int from pg_constraint where conrelid = 't'::regclass and contype <> 'n' order by 1`,
    )
    expect(names.map((row) => [row['conname'], row['convalidated']])).toEqual([
      ['boss', '0'],
      ['positive', '0'],
      ['t_pkey', '1'],
    ])
  })
})

describe('over several lanes', () => {
  const named = (name: string): { schema: string; name: string } => ({ schema: 'public', name })
  const made = (kind: SchemaObjectKind, table: string, name: string, sql: string): SchemaObject => ({
    ...object(kind, name, sql),
    table: named(table),
  })
  const reference = { columns: ['other'], parentColumns: ['id'], onUpdate: 'no action', onDelete: 'no action' } as const
  const tables = ['a', 'b', 'c']
  const setup = tables
    .map(
      (table) =>
        `create table ${table} (id bigint, other bigint, n int);
         insert into ${table} select i, i % 50 + 1, i from generate_series(1, 2000) i;`,
    )
    .join('\n')
  /** Every table refers to the next one and to itself: in every order some of them stand in each other's way. */
  const objects = tables.flatMap((table, index) => {
    const next = tables[(index + 1) % tables.length] ?? ''
    const foreign = (name: string, parent: string): SchemaObject =>
      made(
        'foreign-key',
        table,
        name,
        addForeignKey(named(table), {
          ...reference,
          name,
          parent: named(parent),
          deferrable: false,
          initiallyDeferred: false,
        }),
      )
    return [
      foreign(`${table}_next`, next),
      foreign(`${table}_self`, table),
      made(
        'view',
        `${table}_view`,
        `${table}_view`,
        `create view public.${table}_view as select id, n from public.${table} group by id`,
      ),
      made(
        'check',
        table,
        `${table}_check`,
        `alter table "public"."${table}" add constraint "${table}_check" check (n > 0)`,
      ),
      made('index', table, `${table}_i`, `create index "${table}_i" on "public"."${table}" ("n")`),
      made('index', table, `${table}_j`, `create index "${table}_j" on "public"."${table}" ("other", "n")`),
      made('unique', table, `${table}_n`, addUnique(named(table), `${table}_n`, ['n'])),
      made('unique', table, `${table}_wrong`, addUnique(named(table), `${table}_wrong`, ['other'])),
      made('primary-key', table, `${table}_pkey`, addPrimaryKey(named(table), `${table}_pkey`, ['id'])),
    ]
  })
  const catalog = `select conrelid::regclass::text as of, conname as name, pg_get_constraintdef(oid) || convalidated as definition
      from pg_constraint where connamespace = 'public'::regnamespace
    union all select tablename, indexname, indexdef from pg_indexes where schemaname = 'public'
    union all select viewname, '', definition from pg_views where schemaname = 'public' order by 1, 2, 3`

  test.each([
    [2, 'large', () => false],
    [5, 'large', () => false],
    [1, 'small', () => true],
    [3, 'small', () => true],
    [2, 'mixed', (table: { name: string }) => table.name === 'b'],
  ])('%i at once make of %s tables what one makes, and report in the same order', async (width, _, isSmall) => {
    await using alone = await givenTarget(setup)
    await using beside = await givenTarget(setup)
    const expected = await alone.target.addObjects(objects, { signal, emit })
    await using lanes = beside.target.openLanes()
    lanes.widen(width)
    const told: string[] = []
    const reports = await beside.target.addObjects(objects, {
      signal,
      lanes,
      isSmall,
      emit: (name, event) => told.push(name === 'object:created' && 'name' in event ? event.name : ''),
    })
    expect(reports).toEqual(expected)
    expect(reports.filter(({ outcome }) => outcome === 'refused').map(({ name }) => name)).toEqual(
      tables.map((table) => `${table}_wrong`),
    )
    expect(told.toSorted()).toEqual(objects.map(({ name }) => name).toSorted())
    expect(await query(beside.database.url, catalog)).toEqual(await query(alone.database.url, catalog))
  })

  test.each([false, true])(
    'what is noted with an object holds exactly if the object was made, wherever the run breaks off (small: %s)',
    async (small) => {
      await using given = await givenTarget(`${setup} create table noted (number int primary key, outcome text)`)
      await using lanes = given.target.openLanes()
      lanes.widen(3)
      const run = async (breakAfter: number): Promise<void> => {
        const done = new Set(
          (await query(given.database.url, 'select number from noted')).map((row) => Number(row['number'])),
        )
        const open = objects.map((one, number) => ({ one, number })).filter(({ number }) => !done.has(number))
        let count = 0
        await given.target.addObjects(
          open.map(({ one }) => one),
          {
            signal,
            emit,
            lanes,
            isSmall: () => small,
            beforeCommit: async (client, made) => {
              for (const { index, report } of made)
                await client.query('insert into public.noted values ($1, $2)', [open[index]?.number, report.outcome])
              // The session dies between the note and the commit, as with a killed server process.
              if (++count === breakAfter) await client.query('select pg_terminate_backend(pg_backend_pid())')
            },
          },
        )
      }
      for (const breakAfter of [1, 5, 3])
        await expect(run(breakAfter)).rejects.toMatchObject({ code: 'CONNECT_TARGET_LOST' })
      await run(-1)
      const noted = await query(
        given.database.url,
        'select count(*) as all, sum((outcome = $$refused$$)::int) as refused from noted',
      )
      expect(noted).toEqual([{ all: String(objects.length), refused: '3' }])
      const [{ indexes, constraints } = {}] = await query(
        given.database.url,
        `select (select count(*) from pg_indexes where schemaname = 'public' and tablename <> 'noted') as indexes,
         (select count(*) from pg_constraint where connamespace = 'public'::regnamespace and contype in ('p', 'u', 'f', 'c')
            and conrelid <> 'public.noted'::regclass) as constraints`,
      )
      expect({ indexes, constraints }).toEqual({ indexes: '12', constraints: '15' })
    },
  )

  test('a key that its index does not make is refused for its own reason, and no index is left', async () => {
    await using given = await givenTarget('create table t (id bigint, n int); insert into t values (null, 1), (2, 2)')
    await using lanes = given.target.openLanes()
    lanes.widen(2)
    const key = object('primary-key', 't_pkey', addPrimaryKey(named('t'), 't_pkey', ['id']))
    const other = object('index', 'i', 'create index "i" on "public"."t" ("n")')
    const [report] = await given.target.addObjects([key, other], { signal, emit, lanes })
    expect(report).toMatchObject({ outcome: 'refused', error: 'column "id" of relation "t" contains null values' })
    const standing = `select indexname from pg_indexes where tablename = 't'`
    expect(await query(given.database.url, standing)).toEqual([{ indexname: 'i' }])
  })

  describe('the index of a key that an earlier run left', () => {
    const key = made('primary-key', 'a', 'a_pkey', addPrimaryKey(named('a'), 'a_pkey', ['id', 'n']))
    const other = made('index', 'a', 'a_i', 'create index "a_i" on "public"."a" ("n")')
    const nodes = `select c.relname as name, c.relfilenode as node, exists (select from pg_constraint where conindid = c.oid)::int as key
      from pg_class c where c.relname = 'a_pkey'`

    test.each([
      [1, false],
      [2, false],
      [8, false],
      [2, true],
    ])('becomes that key as it is, over %i lanes (small: %s)', async (width, small) => {
      await using given = await givenTarget(`${setup} create unique index a_pkey on a (id, n)`)
      const [before] = await query(given.database.url, nodes)
      await using lanes = given.target.openLanes()
      lanes.widen(width)
      const isSmall = (): boolean => small
      const reports = await given.target.addObjects([key, other], { signal, emit, lanes, isSmall })
      expect(reports.map(({ outcome }) => outcome)).toEqual(['created', 'created'])
      expect(await query(given.database.url, nodes)).toEqual([{ ...before, key: '1' }])
    })

    test.each([
      'create unique index a_pkey on a (n, id)',
      'create index a_pkey on a (id, n)',
      'create unique index a_pkey on a (id) include (n)',
      'create unique index a_pkey on a (id, n) nulls not distinct',
      'create unique index a_pkey on a (id, n) where n > 5',
      'create unique index a_pkey on a (id, n, (n + 1))',
      'create unique index a_pkey on b (id, n)',
    ])('is left alone where it is another one, and the key is refused: %s', async (index) => {
      await using given = await givenTarget(`${setup} ${index}`)
      const before = await query(given.database.url, nodes)
      await using lanes = given.target.openLanes()
      lanes.widen(2)
      const reports = await given.target.addObjects([key, other], { signal, emit, lanes })
      expect(reports.map(({ outcome, error }) => [outcome, error])).toEqual([
        ['refused', 'relation "a_pkey" already exists'],
        ['created', null],
      ])
      expect(await query(given.database.url, nodes)).toEqual(before)
    })
  })

  test.each([1, 2])('statistics are made when the objects of their table stand, over %i sessions', async (width) => {
    await using given = await givenTarget(
      'create table t (n int, word text); insert into t select i, i::text from generate_series(1, 1000) i',
    )
    await using lanes = given.target.openLanes()
    lanes.widen(width)
    const key = object('index', 'i', 'create index "i" on "public"."t" (lower(word))')
    await given.target.addObjects([key], { signal, emit, lanes, rowsOf: () => 1000, analyzed: [named('t')] })
    // An index over an expression has statistics of its own.
    const known = `select tablename || '.' || attname as of from pg_stats where schemaname = 'public' order by 1`
    expect(await query(given.database.url, known)).toEqual([{ of: 'i.lower' }, { of: 't.n' }, { of: 't.word' }])
  })

  test('where the server gives no further session, the one that is there does everything', async () => {
    await using database = await givenDatabase()
    const role = `only_one_${database.name}`
    await query(
      database.url,
      `create role ${role} login password 'x' connection limit 1; grant all on schema public to ${role}`,
    )
    const url = new URL(database.url)
    url.username = role
    url.password = 'x'
    await query(url.href, setup)
    {
      await using target = await openPostgresTarget({ url: url.href, signal, emit })
      await using lanes = target.openLanes()
      lanes.prepare(4, 4)
      lanes.widen(4)
      const reports = await target.addObjects(objects, { signal, emit, lanes, analyzed: tables.map(named) })
      expect(reports.map(({ outcome }) => outcome).filter((outcome) => outcome === 'created')).toHaveLength(24)
    }
    await query(database.url, `drop owned by ${role}; drop role ${role}`)
  })

  describe('sessions that are prepared', () => {
    const others = `select pid from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`
    const pidOf = async ({ client }: Lane): Promise<unknown> =>
      (await client.query('select pg_backend_pid() as pid from pg_sleep(0.3)')).rows[0]
    const runBoth = (lanes: Lanes): Promise<unknown[]> =>
      Promise.all([0, 1].map(() => lanes.run({ rank: 0, locks: [], signal, run: pidOf })))
    const prepared = async (given: { readonly target: PostgresTarget }, lanes: Lanes): Promise<unknown[]> => {
      lanes.prepare(2, 2)
      return vi.waitUntil(
        async () => {
          const { rows } = await given.target.client.query(others)
          return rows.length === 2 && rows
        },
        { timeout: 10_000 },
      )
    }

    test('do the work that comes', async () => {
      await using given = await givenTarget()
      await using lanes = given.target.openLanes()
      const pids = await prepared(given, lanes)
      lanes.widen(2)
      expect(await runBoth(lanes)).toEqual(expect.arrayContaining(pids))
    })

    test('are opened anew where they have ended before', async () => {
      await using given = await givenTarget()
      await using lanes = given.target.openLanes()
      const pids = await prepared(given, lanes)
      await given.target.client.query(`select pg_terminate_backend(pid) from (${others})`)
      await vi.waitUntil(async () => (await given.target.client.query(others)).rows.length === 0, { timeout: 10_000 })
      lanes.widen(2)
      const found = await runBoth(lanes)
      expect(found).toHaveLength(2)
      for (const pid of pids) expect(found).not.toContainEqual(pid)
    })

    test('end with the lanes, those still being opened too', async () => {
      await using given = await givenTarget()
      const lanes = given.target.openLanes()
      lanes.prepare(3, 3)
      lanes.widen(2)
      const working = runBoth(lanes)
      await Promise.all([lanes.close(), expect(working).rejects.toThrow('the lanes are closed')])
      await vi.waitUntil(async () => (await given.target.client.query(others)).rows.length === 0, { timeout: 10_000 })
      await expect(lanes.run({ rank: 0, locks: [], signal, run: pidOf })).rejects.toThrow('the lanes are closed')
    })
  })

  test('a session whose work was told to stop just as it ended is not used again', async () => {
    await using given = await givenTarget()
    await using lanes = given.target.openLanes()
    lanes.widen(2)
    const stopping = new AbortController()
    const run = (own: AbortSignal, act: (lane: Lane) => Promise<unknown>): Promise<unknown> =>
      lanes.run({ rank: 0, locks: [], signal: own, run: act })
    const first = await run(stopping.signal, async ({ client }) => {
      const { rows } = await client.query('select pg_backend_pid() as pid')
      stopping.abort(new Error('too late'))
      return rows
    })
    // Longer than a session is given that has to end.
    const second = await run(signal, async ({ client }) => {
      const { rows } = await client.query('select pg_backend_pid() as pid from pg_sleep(1)')
      return rows
    })
    expect(second).toEqual([{ pid: expect.any(String) }])
    expect(second).not.toEqual(first)
  })

  test('stops when its signal does, and leaves nothing half made', async () => {
    await using given = await givenTarget(
      'create table t (id bigint, n int); insert into t select i, i from generate_series(1, 300000) i',
    )
    await using lanes = given.target.openLanes()
    lanes.widen(2)
    const controller = new AbortController()
    const slow = ['i', 'j', 'k', 'l'].map((name) =>
      object('index', name, `create index "${name}" on "public"."t" (md5(repeat(md5(n::text), 20)))`),
    )
    const running = given.target.addObjects(slow, { signal: controller.signal, emit, lanes })
    setTimeout(() => controller.abort(new Error('enough')), 150)
    await expect(running).rejects.toThrow('enough')
    const standing = `select count(*) from pg_indexes where tablename = 't'`
    expect(await query(given.database.url, standing)).toEqual([{ count: '0' }])
    expect(await given.target.countRows(named('t'), { signal })).toBe(300_000)
  })

  test('a large table is hashed in one go or in parts, small ones together, with the same result as alone', async () => {
    await using given = await givenTarget(
      `create table big (n int, t text); insert into big select i, repeat('x', 1000) || i from generate_series(1, 150000) i;
       delete from big where n % 7 = 0; create table empty (n int); create table small (n int); insert into small values (1), (2)`,
    )
    const planned = [
      plannedTable('big', [
        ['n', 'integer', 'int4'],
        ['t', 'text', 'text'],
      ]),
      plannedTable('empty', [['n', 'integer', 'int4']]),
      plannedTable('small', [['n', 'integer', 'int4']]),
    ]
    const alone = []
    for (const table of planned) alone.push(await given.target.hashTable(table, { signal }))
    await using lanes = given.target.openLanes()
    const megabyte = 1024 * 1024
    // How many rows the plan knows of decides where the table is cut, if it is: too few, about as many, far too many.
    for (const [width, rows, besideBytes] of [
      [1, 0, 0],
      [2, 130_000, 0],
      [2, 0, 150 * megabyte],
      [2, 130_000, 150 * megabyte],
      [3, 1_000_000, 300 * megabyte],
      [2, 130_000, 200 * megabyte],
      [4, 130_000, 600 * megabyte],
    ] as const) {
      lanes.widen(width)
      const tables = planned.map((table, at) => ({ ...table, rows, bytes: at === 0 ? 200 * megabyte : 0 }))
      const hashes = given.target.hashTables(tables, { signal, lanes, besideBytes })
      expect(await Promise.all(hashes.values())).toEqual(alone)
    }
    expect(alone.map(({ rows }) => rows)).toEqual([128_572, 0, 2])
    expect(
      await given.target.countTables(
        planned.map(({ target }) => target),
        { signal },
      ),
    ).toEqual([128_572, 0, 2])
  })
})

describe('sequences', () => {
  test.each<[string, string, string | null, string | null]>([
    ['identity', 'create table t (id bigint generated by default as identity); insert into t values (41)', null, '42'],
    [
      'GENERATED ALWAYS',
      'create table t (id int generated always as identity); insert into t overriding system value values (41)',
      null,
      '42',
    ],
    ['serial', 'create table t (id serial); insert into t values (41)', null, '42'],
    [
      'a sequence that nobody owns',
      `create sequence s; create table t (id bigint default nextval('s')); insert into t values (41)`,
      null,
      '42',
    ],
    ['the high-water mark above the rows', 'create table t (id bigserial); insert into t values (41)', '99', '100'],
    ['the high-water mark of an empty table', 'create table t (id bigserial)', '99', '100'],
    ['an empty table', 'create table t (id bigserial)', null, '1'],
    [
      'never back',
      `create table t (id bigserial); select setval('t_id_seq', 500); insert into t values (3)`,
      null,
      '501',
    ],
    ['negative keys', 'create table t (id bigserial); insert into t values (-5)', null, '1'],
    ['zero', 'create table t (id bigserial); insert into t values (0)', null, '1'],
    [
      'an increment',
      'create table t (id bigint generated by default as identity (increment by 10)); insert into t values (41)',
      null,
      '51',
    ],
  ])('%s', async (_, setup, atLeast, next) => {
    await using given = await givenTarget(setup)
    const warnings = await given.target.resetSequences(
      [{ table: { schema: 'public', name: 't' }, column: 'id', atLeast }],
      { signal },
    )
    expect(warnings).toEqual([])
    const [row] = await query(
      given.database.url,
      `select nextval(coalesce(pg_get_serial_sequence('t', 'id'), 's')) as next`,
    )
    expect(row?.['next']).toBe(next)
  })

  test('where each stands, whatever it has been told before', async () => {
    const cases: readonly [name: string, setup: string, atLeast: string | null, next: string][] = [
      ['not called, set further', `create table $ (id bigserial); select setval('$_id_seq', 70, false)`, '5', '70'],
      [
        'not called, set to what is used',
        `create table $ (id bigserial); select setval('$_id_seq', 70, false)`,
        '70',
        '71',
      ],
      ['not called, set to less', `create table $ (id bigserial); select setval('$_id_seq', 70, false)`, '90', '91'],
      [
        'started later',
        'create table $ (id bigint generated by default as identity (start 1000)); insert into $ values (8)',
        null,
        '1000',
      ],
      [
        'below its least value',
        'create table $ (id bigint generated by default as identity (minvalue 50)); insert into $ values (8)',
        null,
        '50',
      ],
      [
        'backwards',
        'create table $ (id bigint generated by default as identity (increment -1)); insert into $ values (8)',
        null,
        '-1',
      ],
      [
        'numeric',
        `create sequence $_id_seq; create table $ (id numeric default nextval('$_id_seq')); insert into $ values (41.9)`,
        null,
        '42',
      ],
      [
        'text',
        `create sequence $_id_seq; create table $ (id text default nextval('$_id_seq')); insert into $ values ('8')`,
        null,
        '9',
      ],
      [
        'identity beside a sequence of its own',
        'create table $ (id bigint generated by default as identity); create sequence $_other owned by $.id; insert into $ values (41)',
        null,
        '42',
      ],
      [
        'in another schema',
        `create schema "S $"; create sequence "S $".$_id_seq; create table $ (id bigint default nextval('"S $".$_id_seq')); insert into $ values (6)`,
        null,
        '7',
      ],
      [
        'partitioned',
        'create table $ (id bigint generated by default as identity) partition by range (id); create table $_1 partition of $ default; insert into $ values (41)',
        null,
        '42',
      ],
    ]
    const tables = cases.map((_, index) => `t${index}`)
    await using given = await givenTarget(
      cases.map(([, setup], index) => setup.replaceAll('$', tables[index] ?? '')).join('; '),
    )
    const warnings = await given.target.resetSequences(
      cases.map(([, , atLeast], index) => ({
        table: { schema: 'public', name: tables[index] ?? '' },
        column: 'id',
        atLeast,
      })),
      { signal },
    )
    expect(warnings).toEqual([])
    const next = await query(
      given.database.url,
      `select relname as table, nextval(oid) as next from pg_class where relkind = 'S' and relname ~ '_id_seq$'`,
    )
    const byTable = new Map(next.map((row) => [row['table']?.replace(/_id_seq$/, ''), row['next']]))
    expect(cases.map(([name], index) => [name, byTable.get(tables[index])])).toEqual(
      cases.map(([name, , , expected]) => [name, expected]),
    )
  })

  test('one that two columns share goes on after the greatest of both, whichever comes first', async () => {
    await using given = await givenTarget(
      `create sequence s; create table t (id bigint default nextval('s'), other bigint default nextval('s'));
       insert into t values (90, 20)`,
    )
    const table = { schema: 'public', name: 't' }
    const resets = ['id', 'other'].map((column) => ({ table, column, atLeast: null }))
    await given.target.resetSequences(resets, { signal })
    expect(await query(given.database.url, `select nextval('s') as next`)).toEqual([{ next: '91' }])
  })

  test('more of them than one statement reads, each in its place', async () => {
    const tables = Array.from({ length: 230 }, (_, index) => index)
    await using given = await givenTarget(
      tables
        .map((i) => `create table t${i} (id serial, small smallserial); insert into t${i} values (${i + 1}, ${i})`)
        .join('; '),
    )
    const resets = tables.map((i) => ({
      table: { schema: 'public', name: `t${i}` },
      column: i === 150 ? 'small' : 'id',
      atLeast: i === 150 ? '40000' : null,
    }))
    const warnings = await given.target.resetSequences(resets, { signal })
    expect(warnings.map((warning) => [warning.code, warning.table])).toEqual([['sequence-exhausted', 't150']])
    const stands = await query(
      given.database.url,
      `select sequencename as name, last_value as last from pg_sequences where last_value is not null`,
    )
    const byName = new Map(stands.map((row) => [row['name'], row['last']]))
    expect(tables.filter((i) => i !== 150 && byName.get(`t${i}_id_seq`) !== String(i + 1))).toEqual([])
    expect(byName.get('t150_small_seq')).toBe('32767')
  })

  test('quoted names, a column without sequence, and one whose last value is used up', async () => {
    await using given = await givenTarget(
      `create table "My ""T" ("the Id" bigserial, plain bigint); insert into "My ""T" values (9223372036854775807, 1)`,
    )
    const table = { schema: 'public', name: 'My "T' }
    const warnings = await given.target.resetSequences(
      [
        { table, column: 'plain', atLeast: '5' },
        { table, column: 'the Id', atLeast: null },
      ],
      { signal },
    )
    expect(warnings).toEqual([expect.objectContaining({ code: 'sequence-exhausted', column: 'the Id' })])
  })
})

describe('the session', () => {
  test('comes back after it was lost, with its lock', async () => {
    await using given = await givenTarget('create table t (id bigint)')
    await using other = await openPostgresTarget({ url: given.database.url, signal, emit })
    await using _lock = await given.target.lock('public')
    await expect(other.lock('public')).rejects.toMatchObject({ code: 'JOB_RUNNING' })
    await using _free = await other.lock('elsewhere')
    const [pid] = (await given.target.client.query<{ pid: string }>('select pg_backend_pid() as pid')).rows
    await query(given.database.url, `select pg_terminate_backend(${pid?.pid}, 5000)`)
    // Whether the end was noticed before the statement is a matter of milliseconds.
    const [first] = await Promise.allSettled([given.target.countRows({ schema: 'public', name: 't' }, { signal })])
    expect(first.status === 'fulfilled' ? 'CONNECT_TARGET_LOST' : (first.reason as { code: unknown }).code).toBe(
      'CONNECT_TARGET_LOST',
    )
    expect(await given.target.countRows({ schema: 'public', name: 't' }, { signal })).toBe(0)
    await expect(other.lock('public')).rejects.toMatchObject({ code: 'JOB_RUNNING' })
  })

  test('is followed by one alone, also where it was a further session that broke', async () => {
    await using given = await givenTarget('create table t (id bigint)')
    await using _lock = await given.target.lock('public')
    await using lanes = given.target.openLanes()
    lanes.widen(2)
    const make = (beforeCommit?: AddObjectsOptions['beforeCommit']): Promise<ObjectReport[]> =>
      given.target.addObjects([object('index', 'i', 'create index "i" on "public"."t" ("id")')], {
        signal,
        emit,
        lanes,
        ...(beforeCommit && { beforeCommit }),
      })
    const dying = make(async (client) => {
      await client.query('select pg_terminate_backend(pg_backend_pid())')
    })
    await expect(dying).rejects.toMatchObject({ code: 'CONNECT_TARGET_LOST' })
    expect((await make()).map(({ outcome }) => outcome)).toEqual(['created'])
    await lanes.close()
    const sessions = `select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`
    expect((await given.target.client.query(sessions)).rows).toEqual([{ count: '0' }])
  })

  test('survives a statement that was cancelled by its signal', async () => {
    await using given = await givenTarget('create view slow as select 1 as x from pg_sleep(60)')
    const controller = new AbortController()
    const slow = given.target.countRows({ schema: 'public', name: 'slow' }, { signal: controller.signal })
    setTimeout(() => controller.abort(new Error('enough')), 300)
    await expect(slow).rejects.toThrow('enough')
    expect((await given.target.client.query<{ one: string }>('select 1 as one')).rows).toEqual([{ one: '1' }])
  })
})

describe('finding differences', () => {
  const sketch = [
    ['id', 'bigint', 'int8'],
    ['name', 'text', 'text'],
    ['data', 'json', 'json'],
    ['ratio', 'double precision', 'float8'],
    ['address', 'inet', 'text', 'inet'],
  ] as const
  const people = plannedTable('people', sketch, { rowKey: ['id'] })
  const source: PostgresValue[][] = [
    // As the converters write it: what PostgreSQL prints.
    [1n, 'Ada', '{"a":1}', 0.1, '10.0.0.1/32'],
    [2n, 'Bob', null, 0, null],
    [3n, 'Cy', null, null, null],
  ]

  async function differences(given: { target: PostgresTarget }, table: PlannedTable, rows = source) {
    await using staging = await given.target.openComparison(table)
    await staging.add(encodeRows(table, rows))
    return await given.target.findDifferences(table, staging.name, { signal, limit: 100 })
  }

  test('none where everything is the same, and the hashes agree', async () => {
    await using given = await givenTarget(
      `${createTable(people)}; insert into people values (3, 'Cy', null, null, null), (2, 'Bob', null, 0, null), (1, 'Ada', '{"a":1}', 0.1, '10.0.0.1')`,
    )
    expect(await differences(given, people)).toMatchObject({ differences: [], total: 0 })
    expect(await differences(given, { ...people, rowKey: [] })).toMatchObject({ differences: [], total: 0 })
    const hash = encodeRows(people, source).hash(0, 3)
    expect(await given.target.hashTable(people, { signal })).toEqual({ rows: 3, hash })
  })

  test('missing, extra and different rows are named by key, with both values of what differs', async () => {
    const long = 'x'.repeat(300)
    await using given = await givenTarget(
      `${createTable(people)}; insert into people values (2, 'bob', null, '-0', null), (1, 'Ada', '{"a": 1}', 0.1, '10.0.0.1'), (4, '${long}', null, null, null)`,
    )
    const found = await differences(given, people)
    expect(found.total).toBe(4)
    expect(found.differences).toEqual([
      {
        table: 'people',
        key: { id: '1' },
        problem: 'different',
        columns: [{ column: 'data', source: '{"a":1}', target: '{"a": 1}' }],
      },
      {
        table: 'people',
        key: { id: '2' },
        problem: 'different',
        columns: [
          { column: 'name', source: 'Bob', target: 'bob' },
          { column: 'ratio', source: '0', target: '-0' },
        ],
      },
      { table: 'people', key: { id: '3' }, problem: 'missing', columns: [] },
      { table: 'people', key: { id: '4' }, problem: 'extra', columns: [] },
    ])
    const whole = await differences(given, { ...people, rowKey: [] })
    expect(whole.total).toBe(6)
    const values = whole.differences.flatMap(({ columns }) => columns.map(({ target }) => target))
    expect(values).toContain(`${'x'.repeat(200)}… (cut, 300 characters)`)
  })

  test('a key that occurs twice or is NULL falls back to whole rows', async () => {
    const table = plannedTable('people', sketch.slice(0, 2), { rowKey: ['id'] })
    await using given = await givenTarget(
      `${createTable(table)}; insert into people values (1, 'a'), (1, 'b'), (null, 'c'), (null, 'c')`,
    )
    const rows: PostgresValue[][] = [
      [1n, 'a'],
      [1n, 'b'],
      [null, 'c'],
    ]
    const found = await differences(given, table, rows)
    expect(found).toMatchObject({
      total: 1,
      differences: [
        {
          problem: 'extra',
          columns: [
            { column: 'id', target: null },
            { column: 'name', target: 'c' },
          ],
        },
      ],
    })
    expect((await differences(given, table, [...rows, [null, 'c']])).total).toBe(0)
  })

  test.each([
    ['skip', ['3 missing']],
    ['overwrite', ['1 different', '2 different', '3 missing']],
    ['merge', ['1 different', '3 missing']],
    ['error', ['1 different', '2 different', '3 missing']],
  ] as const)('in a table with rows of its own the rule of %s must hold', async (strategy, expected) => {
    const table = plannedTable('people', sketch.slice(0, 2), { mode: 'into-existing', strategy, matchKey: ['id'] })
    await using given = await givenTarget(
      `${createTable(table)}; alter table people add primary key (id); insert into people values (1, 'other'), (2, 'kept'), (9, 'own')`,
    )
    const found = await differences(given, table, [
      [1n, 'a'],
      [2n, null],
      [3n, 'c'],
    ])
    expect(found.differences.map(({ key, problem }) => `${key['id']} ${problem}`)).toEqual(expected)
  })

  test('a table of 1,000 columns is compared', async () => {
    const columns = Array.from({ length: 1000 }, (_, i) => [`c${i}`, 'int', 'int4'] as const)
    const wide = plannedTable('wide', columns, { rowKey: ['c0'] })
    const row = Array.from({ length: 1000 }, (_, i) => i)
    await using given = await givenTarget(`${createTable(wide)}; insert into wide values (${row.join(', ')})`)
    expect((await differences(given, wide, [row])).total).toBe(0)
    const found = await differences(given, wide, [row.with(999, 0)])
    expect(found.differences.map(({ problem, columns: values }) => [problem, values.at(-1)])).toEqual([
      ['missing', { column: 'c999', source: '0', target: null }],
      ['extra', { column: 'c999', source: null, target: '999' }],
    ])
  })
})
