import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { checkpointAfter, givenTransfer } from '../../../../test/support/given-transfer.ts'
import { encodeRows, plannedTable } from '../../../../test/support/planned-tables.ts'
import { query } from '../../../../test/support/postgres.ts'
import { readIssues } from '../../../store/issues.ts'
import { hashOfSum, hashQuery } from '../copy/hash-query.ts'

const people = plannedTable('people', [
  ['id', 'bigint', 'int8'],
  ['name', 'text', 'text'],
])
const createPeople = 'create table people (id bigint, name text)'

describe('straight into the table', () => {
  test('a batch arrives together with its checkpoint and hash', async () => {
    await using transfer = await givenTransfer([people], { setup: createPeople })
    const outcome = await transfer.load(people, [
      [1n, 'Ada'],
      [2n, null],
    ])
    expect(outcome).toEqual({ counts: { created: 2, updated: 0, unchanged: 0, skipped: 0 }, refused: [] })
    expect(await transfer.query('select * from people order by id')).toEqual([
      { id: '1', name: 'Ada' },
      { id: '2', name: null },
    ])
    const [sum] = await transfer.query(
      hashQuery(
        'people',
        people.columns.map(({ target, conversion }) => ({ quotedName: target, ...conversion })),
        'chained',
      ),
    )
    expect(await transfer.shard(people)).toEqual({
      table: { schema: 'public', name: 'people' },
      shard: 0,
      position: '2',
      done: false,
      rowsRead: 2,
      counts: { created: 2, updated: 0, unchanged: 0, skipped: 0 },
      rejected: 0,
      altered: 0,
      declaredConversions: 0,
      bytes: 2,
      hash: hashOfSum(sum?.['hash'] ?? '').toString(),
    })
  })

  test.each(['XX000', '42883', '0A000', '38000', 'P0001'])(
    'a row that raises %s is that row’s fault',
    async (state) => {
      const setup = `
      create function odd(name text) returns boolean language plpgsql as $$ begin
        if name = 'bad' then raise exception 'odd' using errcode = '${state}'; end if; return true; end $$;
      create table people (id bigint, name text check (odd(name)))`
      const table = { ...people, mode: 'into-empty' } as const
      await using transfer = await givenTransfer([table], { setup })
      const outcome = await transfer.load(table, [
        [1n, 'Ada'],
        [2n, 'bad'],
        [3n, 'Grace'],
      ])
      expect(outcome.counts.created).toBe(2)
      expect(outcome.refused).toMatchObject([
        { index: 1, issue: { code: 'DATA_REFUSED', reason: expect.stringContaining('odd') } },
      ])
    },
  )

  test('a table that refuses every row for the same reason ends the load, and lists no rows', async () => {
    const setup = `
      create function never(name text) returns boolean language plpgsql as $$ begin
        raise exception 'never' using errcode = 'XX000'; end $$;
      create table people (id bigint, name text check (never(name)))`
    const table = { ...people, mode: 'into-empty' } as const
    await using transfer = await givenTransfer([table], { setup })
    const rows = Array.from({ length: 1000 }, (_, i) => [BigInt(i), `n${i}`] as [bigint, string])
    await expect(transfer.load(table, rows)).rejects.toThrow('never')
  })

  test('rows at fault are found one by one, named with the reason, and the others load', async () => {
    const setup = `create table people (id bigint primary key, name text not null check (name <> 'bad'))`
    const table = { ...people, mode: 'into-empty' } as const
    await using transfer = await givenTransfer([table], { setup })
    const rows = Array.from({ length: 1000 }, (_, i) => [BigInt(i), `n${i}`] as [bigint, string | null])
    rows[0] = [0n, null]
    rows[500] = [499n, 'twice']
    rows[999] = [999n, 'bad']
    const outcome = await transfer.load(table, rows)
    expect(outcome.counts.created).toBe(997)
    expect(outcome.refused.map(({ index }) => index)).toEqual([0, 500, 999])
    expect(outcome.refused.map(({ issue }) => issue)).toEqual([
      expect.objectContaining({ table: 'people', key: { row: '0' }, column: 'name', code: 'DATA_NOT_NULL' }),
      expect.objectContaining({
        column: 'id',
        code: 'DATA_DUPLICATE_KEY',
        reason: expect.stringContaining('Key (id)=(499) already exists'),
      }),
      expect.objectContaining({ code: 'DATA_REFUSED', reason: expect.stringContaining('people_name_check') }),
    ])
    const shard = await transfer.shard(table)
    expect([shard.rowsRead, shard.counts.created, shard.rejected]).toEqual([1000, 997, 3])
    const keys: unknown[] = []
    for await (const { line } of readIssues(transfer.client, transfer.id, 'reject'))
      keys.push((JSON.parse(line) as { key: unknown }).key)
    expect(keys).toEqual([{ row: '0' }, { row: '500' }, { row: '999' }])
    const [sum] = await transfer.query(
      hashQuery(
        'people',
        people.columns.map(({ target, conversion }) => ({ quotedName: target, ...conversion })),
        'chained',
      ),
    )
    expect(shard.hash).toBe(hashOfSum(sum?.['hash'] ?? '').toString())
  })

  test('rows that point to a later row of the same batch load although another row is at fault', async () => {
    const setup = `create table people (id bigint primary key, name text, boss bigint references people)`
    const table = plannedTable(
      'people',
      [
        ['id', 'bigint', 'int8'],
        ['name', 'text', 'text'],
        ['boss', 'bigint', 'int8'],
      ],
      {
        mode: 'into-empty',
      },
    )
    await using transfer = await givenTransfer([table], { setup })
    const outcome = await transfer.load(table, [
      [1n, 'a', 2n],
      [2n, 'b', 3n],
      [3n, 'c', null],
      [4n, 'd', 77n],
    ])
    expect(outcome.refused.map(({ index, issue }) => [index, issue.kind === 'reject' && issue.code])).toEqual([
      [3, 'DATA_ORPHAN'],
    ])
    expect(outcome.counts.created).toBe(3)
  })

  test('a deferred constraint is checked with its batch, where its row can be found', async () => {
    const setup = `create table people (id bigint, name text, constraint once unique (id) deferrable initially deferred)`
    const table = { ...people, mode: 'into-empty' } as const
    await using transfer = await givenTransfer([table], { setup })
    const outcome = await transfer.load(table, [
      [1n, 'a'],
      [1n, 'b'],
      [2n, 'c'],
    ])
    expect(outcome.refused.map(({ index }) => index)).toEqual([1])
    expect(await transfer.query('select name from people order by id')).toEqual([{ name: 'a' }, { name: 'c' }])
  })

  test('columns without binary form are cast by PostgreSQL; a value that cannot be cast, or prints otherwise, refuses its row', async () => {
    const table = plannedTable('places', [
      ['id', 'bigint', 'int8'],
      ['address', 'inet', 'text', 'inet'],
    ])
    await using transfer = await givenTransfer([table], { setup: 'create table places (id bigint, address inet)' })
    const outcome = await transfer.load(table, [
      [1n, '10.0.0.1/32'],
      [2n, 'nowhere'],
      [3n, null],
      [4n, '10.0.0.2'],
    ])
    expect(outcome.refused).toMatchObject([
      { index: 1, issue: { kind: 'reject', column: 'address', value: 'nowhere' } },
      {
        index: 3,
        issue: { column: 'address', value: '10.0.0.2', reason: 'inet would hold "10.0.0.2/32" instead of "10.0.0.2"' },
      },
    ])
    expect(await transfer.query('select * from places order by id')).toEqual([
      { id: '1', address: '10.0.0.1' },
      { id: '3', address: null },
    ])
  })

  test('the same connection loads one batch after another', async () => {
    await using transfer = await givenTransfer([people], {
      setup: `${createPeople}; alter table people add primary key (id)`,
    })
    await using loader = await transfer.openLoader(people)
    await transfer.load(
      people,
      [
        [1n, 'a'],
        [1n, 'b'],
      ],
      { loader },
    )
    await transfer.load(people, [[2n, 'c']], { loader })
    expect((await transfer.shard(people)).counts.created).toBe(2)
    expect((await transfer.shard(people)).position).toBe('3')
  })

  test('a batch whose rows were all rejected before moves the checkpoint', async () => {
    await using transfer = await givenTransfer([people], { setup: createPeople })
    await using loader = await transfer.openLoader(people)
    const checkpoint = checkpointAfter(transfer, people, null, 5, { done: true })
    await loader.load(encodeRows(people, []), checkpoint, () => ({}))
    const shard = await transfer.shard(people)
    expect([shard.position, shard.rowsRead, shard.rejected, shard.done]).toEqual(['5', 5, 5, true])
  })
})

describe('exactly once', () => {
  test('a batch that begins elsewhere than at the checkpoint is refused and loads nothing', async () => {
    await using transfer = await givenTransfer([people], { setup: createPeople })
    await transfer.load(people, [[1n, 'a']])
    await using loader = await transfer.openLoader(people)
    const stale = checkpointAfter(transfer, people, null, 1)
    await expect(loader.load(encodeRows(people, [[1n, 'a']]), stale, () => ({}))).rejects.toMatchObject({
      code: 'CONNECT_TARGET_LOST',
    })
    expect(await transfer.query('select count(*) from people')).toEqual([{ count: '1' }])
  })

  test('a backend that is terminated in the middle of a COPY leaves neither rows nor checkpoint', async () => {
    await using transfer = await givenTransfer([people], { setup: createPeople })
    await using loader = await transfer.openLoader(people, { url: `${transfer.url}?application_name=victim` })
    const batch = encodeRows(
      people,
      Array.from({ length: 1000 }, (_, i) => [BigInt(i), 'x'.repeat(1000)]),
    )
    const stalled = {
      rows: batch.rows,
      bytes: batch.bytes,
      hash: (from: number, to: number) => batch.hash(from, to),
      *copyStream(from: number, to: number): Iterable<Uint8Array> {
        const all = Buffer.concat([...batch.copyStream(from, to)])
        for (let at = 0; at < all.length; at += 10_000) {
          if (at === 500_000) {
            killed = query(
              transfer.url,
              `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'victim'`,
            )
          }
          yield all.subarray(at, at + 10_000)
        }
      },
    }
    let killed: Promise<unknown> = Promise.resolve()
    // Holds the commit back, so that the end comes before it whatever the speed.
    await transfer.client.query('begin; lock table rowferry.shards in access exclusive mode')
    const lost = loader.load(stalled, checkpointAfter(transfer, people, null, 1000), () => ({}))
    await expect(lost).rejects.toMatchObject({ code: 'CONNECT_TARGET_LOST' })
    await killed
    await transfer.client.query('rollback')
    expect(await transfer.query('select count(*) from people')).toEqual([{ count: '0' }])
    expect((await transfer.shard(people)).position).toBeNull()
    await transfer.load(people, [[1n, 'again']])
    expect((await transfer.shard(people)).position).toBe('1')
  })
})

describe('a process killed with SIGKILL after its COPY and checkpoint, before the commit', () => {
  test('leaves neither, and the batch loads when it is sent again', async () => {
    const table = { ...people, mode: 'into-empty' } as const
    const setup = `${createPeople};
      create function refuse() returns trigger language plpgsql as $$ begin raise 'fired'; end $$;
      create trigger refuse before insert on people for each row execute function refuse();`
    await using transfer = await givenTransfer([table], { setup })
    const task = JSON.stringify({ url: transfer.url, transferId: transfer.id, table })
    const victim = spawn(
      process.execPath,
      [fileURLToPath(new URL('../../../../test/support/loader-victim.ts', import.meta.url)), task],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    )
    const [said] = (await once(victim.stdout, 'data')) as [Buffer]
    expect(said.toString()).toBe('before the commit\n')
    const ended = once(victim, 'exit')
    victim.kill('SIGKILL')
    await ended
    await transfer.load(table, [[1n, 'again']])
    expect(await transfer.query('select name from people')).toEqual([{ name: 'again' }])
    expect((await transfer.shard(table)).rowsRead).toBe(1)
    expect(await transfer.query(`select tgenabled from pg_trigger where tgname = 'refuse'`)).toEqual([
      { tgenabled: 'O' },
    ])
  })
})

describe('triggers of the owner', () => {
  const setup = `create table people (id bigint primary key, name text);
    create table seen (id bigint);
    create function note() returns trigger language plpgsql as $$ begin insert into seen values (new.id); return new; end $$;
    create trigger note before insert on people for each row execute function note();
    create trigger note_always after insert on people for each row execute function note();
    create trigger note_off after insert on people for each row execute function note();
    alter table people enable always trigger note_always;
    alter table people disable trigger note_off;`
  const table = { ...people, mode: 'into-empty' } as const
  const states = `select tgname, tgenabled from pg_trigger where tgrelid = 'people'::regclass order by 1`

  test('do not fire, and are afterwards what they were', async () => {
    await using transfer = await givenTransfer([table], { setup })
    const before = await transfer.query(states)
    await transfer.load(table, [
      [1n, 'a'],
      [1n, 'b'],
    ])
    expect(await transfer.query('select count(*) from seen')).toEqual([{ count: '0' }])
    expect(await transfer.query('select count(*) from people')).toEqual([{ count: '1' }])
    expect(await transfer.query(states)).toEqual(before)
  })

  test('fire when asked for, with the search path they were written for', async () => {
    await using transfer = await givenTransfer([table], { setup })
    await transfer.load(table, [[1n, 'a']], { fireTriggers: true })
    expect(await transfer.query('select count(*) from seen')).toEqual([{ count: '2' }])
  })

  test('are restored when the loader dies', async () => {
    await using transfer = await givenTransfer([table], { setup })
    const before = await transfer.query(states)
    const dying = async (): Promise<void> => {
      await query(
        transfer.url,
        `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'victim'`,
      )
      throw Object.assign(new Error('gone'), { code: 'ECONNRESET' })
    }
    const options = { writeCheckpoint: dying, url: `${transfer.url}?application_name=victim` }
    await expect(transfer.load(table, [[1n, 'a']], options)).rejects.toMatchObject({ code: 'CONNECT_TARGET_LOST' })
    expect(await transfer.query(states)).toEqual(before)
    expect(await transfer.query('select count(*) from people')).toEqual([{ count: '0' }])
  })
})
