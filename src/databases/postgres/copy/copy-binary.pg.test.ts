import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { Client } from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { givenDatabase, pgVersion } from '../../../../test/support/postgres.ts'
import { randomRow, seededRandom } from '../../../../test/support/random-rows.ts'
import { wireTypes, wireValues } from '../../../../test/support/wire-values.ts'
import type { PostgresValue, WireType } from '../../../model/batch.ts'
import type { RowHashForm } from '../../../model/plan.ts'
import type { EncodedBatch } from '../../databases.ts'
import { BatchEncoder } from './copy-binary.ts'
import { type HashedColumn, hashOfSum, hashQuery, rowHashExpression } from './hash-query.ts'

let client: Client
let closeDatabase: () => Promise<void>
let version: number

beforeAll(async () => {
  const database = await givenDatabase()
  version = await pgVersion(database.url)
  client = new Client(database.url)
  await client.connect()
  await client.query("set timezone = 'UTC'")
  closeDatabase = async () => database[Symbol.asyncDispose]()
})

afterAll(async () => {
  await client.end()
  await closeDatabase()
})

const hashed = (types: readonly WireType[]): HashedColumn[] =>
  types.map((wireType, i) => ({ quotedName: `c${i}`, wireType, castTo: null }))

async function givenTable(columns: readonly string[]): Promise<void> {
  await client.query('drop table if exists t')
  await client.query(`create table t (${columns.map((type, i) => `c${i} ${type}`).join(', ')})`)
}

/** Loads rows from..to-1; `cut` sends them in pieces of so many bytes. */
async function load(batch: EncodedBatch, options: { from?: number; to?: number; cut?: number } = {}): Promise<void> {
  let stream: Iterable<Uint8Array> = batch.copyStream(options.from ?? 0, options.to ?? batch.rows)
  if (options.cut !== undefined) stream = inPieces(Buffer.concat([...stream]), options.cut)
  await pipeline(Readable.from(stream), client.query(copyFrom('copy t from stdin (format binary)')))
}

function* inPieces(bytes: Uint8Array, length: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length)
}

function encode(
  types: readonly WireType[],
  rows: readonly (readonly PostgresValue[])[],
  rowHash: RowHashForm = 'chained',
): EncodedBatch {
  const encoder = new BatchEncoder({ wireTypes: types, rowHash })
  for (const row of rows) encoder.append(row)
  return encoder.finish()
}

describe.each(wireTypes)('values of wire type %s', (wireType) => {
  const values = wireValues[wireType]

  test('are shown by PostgreSQL as they were meant', async () => {
    await givenTable([`${wireType}`, 'int4'])
    await load(
      encode(
        [wireType, 'int4'],
        values.map(([value], i) => [value, i]),
      ),
    )
    const { rows } = await client.query<{ text: string }>('select c0::text as text from t order by c1')
    expect(rows.map((row) => row.text)).toEqual(values.map(([, text]) => text))
  })
})

/** Row i has the i-th value of every type, and every (i mod 5)th column NULL. */
function mixedRows(): PostgresValue[][] {
  const longest = Math.max(...wireTypes.map((type) => wireValues[type].length))
  return Array.from({ length: longest }, (_, i) =>
    wireTypes.map((type, column) => {
      const values = wireValues[type]
      return (column + i) % 5 === 0 ? null : (values[i % values.length]?.[0] ?? null)
    }),
  )
}

/** Changes that a sum of PostgreSQL's own hashes would not see: of each the table's type, two values, and why. */
const blindSpots = [
  ['numeric', "'1.5'", "'-1.5'", 'hash_numeric leaves the sign out'],
  ['int8', "'-1'", "'4294967295'", 'hashint8 folds to 32 bits'],
  ['float8', "'0'", 'null', 'zero hashes to 0, as NULL does'],
  ['float8', "'0'", "'-0'", 'both zeros hash to 0'],
  ['jsonb', "'{}'", 'null', 'an empty container hashes to 0'],
  ['jsonb', "'{}'", "'[]'", 'an empty container hashes to 0'],
  ['jsonb', "'1'", "'[1]'", 'a scalar is kept as an array'],
  ['jsonb', `'{"a":1}'`, `'{"a":-1}'`, 'numbers in it hash as numeric'],
  ['jsonb', "'[[],{}]'", "'[{},[]]'", 'flags of empty containers are XORed'],
  ['timestamp', "'2000-01-01 00:00:00.000001'", "'2000-01-01 01:11:34.967296'", 'folded to 32 bits'],
] as const

describe.each(['chained', 'seeded'] as const)('hashes that are %s', (rowHash) => {
  beforeEach(({ skip }) => {
    skip(rowHash === 'seeded' && version < 18, 'PostgreSQL has the functions for it since version 18')
  })

  const encodeHashed = (types: readonly WireType[], rows: readonly (readonly PostgresValue[])[]): EncodedBatch =>
    encode(types, rows, rowHash)

  async function hashInPostgres(columns: readonly HashedColumn[]): Promise<{ rows: number; hash: bigint }> {
    const { rows } = await client.query<{ rows: string; hash: string }>(hashQuery('t', columns, rowHash))
    const [found] = rows
    if (found === undefined) throw new Error('the hash query gave no row')
    return { rows: Number(found.rows), hash: hashOfSum(found.hash) }
  }

  describe.each(wireTypes)('values of wire type %s', (wireType) => {
    const values = wireValues[wireType]

    test('hash to what PostgreSQL says, one by one', async () => {
      await givenTable([`${wireType}`, 'int4'])
      const batch = encodeHashed(
        [wireType, 'int4'],
        values.map(([value], i) => [value, i]),
      )
      await load(batch)
      const list = hashQuery('t', hashed([wireType, 'int4']), rowHash).replace(
        'from t',
        'from t group by c1 order by c1',
      )
      const { rows } = await client.query<{ hash: string }>(list)
      expect(rows.map((row) => hashOfSum(row.hash))).toEqual(values.map((_, i) => batch.hash(i, i + 1)))
    })

    test('hash alike in a row of a single column', async () => {
      await givenTable([`${wireType}`])
      const batch = encodeHashed([wireType], [...values.map(([value]) => [value]), [null]])
      await load(batch)
      expect(await hashInPostgres(hashed([wireType]))).toEqual({ rows: batch.rows, hash: batch.hash(0, batch.rows) })
    })
  })

  test('rows of all types with NULLs hash to what PostgreSQL says', async () => {
    await givenTable(wireTypes)
    const batch = encodeHashed(wireTypes, [...mixedRows(), wireTypes.map(() => null)])
    await load(batch)
    expect(await hashInPostgres(hashed(wireTypes))).toEqual({ rows: batch.rows, hash: batch.hash(0, batch.rows) })
  })

  test('random rows hash to what PostgreSQL says', async () => {
    await givenTable(wireTypes)
    const random = seededRandom(20260729)
    const batch = encodeHashed(
      wireTypes,
      Array.from({ length: 4000 }, () => randomRow(random, wireTypes)),
    )
    await load(batch)
    expect(await hashInPostgres(hashed(wireTypes))).toEqual({ rows: 4000, hash: batch.hash(0, 4000) })
  })

  test('random JSON hashes to what PostgreSQL says, document by document', async () => {
    await givenTable(['jsonb', 'int4'])
    const random = seededRandom(7)
    const documents = Array.from({ length: 3000 }, () => randomRow(random, ['jsonb'])[0] ?? null)
    const batch = encodeHashed(
      ['jsonb', 'int4'],
      documents.map((document, i) => [document, i]),
    )
    await load(batch)
    const { rows } = await client.query<{ hash: string }>(
      `select ${rowHashExpression(hashed(['jsonb', 'int4']), rowHash)} as hash from t order by c1`,
    )
    const wrong = documents.filter((_, i) => hashOfSum(rows[i]?.hash ?? '0') !== batch.hash(i, i + 1))
    expect(wrong).toEqual([])
  })

  test('a stream that is cut into single bytes loads the same', async () => {
    await givenTable(wireTypes)
    const random = seededRandom(3)
    const batch = encodeHashed(
      wireTypes,
      Array.from({ length: 10 }, () => randomRow(random, wireTypes)),
    )
    for (const cut of [1, 7, 19, 4096]) {
      await client.query('truncate t')
      await load(batch, { cut })
      expect(await hashInPostgres(hashed(wireTypes))).toEqual({ rows: 10, hash: batch.hash(0, 10) })
    }
  })

  test('every range of a batch loads exactly its rows', async () => {
    const types = ['int4', 'bytea', 'text'] as const
    await givenTable(types)
    const long = (i: number): Uint8Array => new Uint8Array(300_000).fill(i)
    const batch = encodeHashed(
      types,
      Array.from({ length: 6 }, (_, i) => [i, i % 2 === 0 ? long(i) : null, i % 3 === 0 ? 'x'.repeat(270_000) : 'y']),
    )
    for (let from = 0; from <= 6; from++) {
      for (let to = from; to <= 6; to++) {
        await client.query('truncate t')
        await load(batch, { from, to })
        expect(await hashInPostgres(hashed(types))).toEqual({ rows: to - from, hash: batch.hash(from, to) })
      }
    }
  })

  test('a row of 1,600 columns hashes to what PostgreSQL says', async () => {
    const types = Array.from({ length: 1600 }, (_, i): WireType => (i % 2 === 0 ? 'int4' : 'bool'))
    await givenTable(types)
    const batch = encodeHashed(types, [
      types.map((type, i) => (type === 'int4' ? i : i % 3 === 0)),
      types.map(() => null),
    ])
    await load(batch)
    expect(await hashInPostgres(hashed(types))).toEqual({ rows: 2, hash: batch.hash(0, 2) })
  })

  describe('columns whose type is like text', () => {
    test('hash by their text', async () => {
      await client.query("drop table if exists t; drop type if exists mood; create type mood as enum ('so la', 'gut')")
      await client.query("drop domain if exists label; create domain label as text check (value <> 'never')")
      const columns = ['varchar(20)', 'mood', 'name', 'xml', 'label', 'json']
      await givenTable(columns)
      const types = columns.map((type): WireType => (type === 'json' ? 'json' : 'text'))
      const batch = encodeHashed(types, [
        ['välue ', 'so la', 'a name', '<a>1</a>', 'a label', '{"a": 1}'],
        ['', 'gut', '', '<b/>', '', '[]'],
      ])
      await load(batch)
      expect(await hashInPostgres(hashed(types))).toEqual({ rows: 2, hash: batch.hash(0, 2) })
    })

    test('hash without trailing blanks when they are char(n)', async () => {
      await givenTable(['char(10)', 'text'])
      const encoder = new BatchEncoder({ wireTypes: ['text', 'text'], rowHash, blankPadded: [0] })
      for (const value of ['', 'a', 'a  ', 'ä b   ', '   ', Buffer.from('b  ')]) encoder.append([value, 'kept  '])
      const batch = encoder.finish()
      await load(batch)
      expect(await hashInPostgres(hashed(['text', 'text']))).toEqual({ rows: 6, hash: batch.hash(0, 6) })
    })

    test('hash by their bytes under a nondeterministic collation', async ({ skip }) => {
      const { rows: icu } = await client.query("select 1 from pg_collation where collname = 'und-x-icu'")
      skip(icu.length === 0, 'this PostgreSQL was built without ICU')
      await client.query(
        "create collation if not exists nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false)",
      )
      await givenTable(['text collate nocase'])
      const batch = encodeHashed(['text'], [['Straße'], ['STRASSE'], ['strasse']])
      await load(batch)
      expect(await hashInPostgres(hashed(['text']))).toEqual({ rows: 3, hash: batch.hash(0, 3) })
    })
  })

  test('an empty table hashes to zero', async () => {
    await givenTable(['int4'])
    const batch = encodeHashed(['int4'], [])
    await load(batch)
    expect(await hashInPostgres(hashed(['int4']))).toEqual({ rows: 0, hash: 0n })
  })

  test.each(blindSpots)('a %s that changes from %s to %s changes the hash (%s)', async (type, before, after) => {
    await givenTable([type])
    await client.query(`insert into t values (${before})`)
    const hashBefore = await hashInPostgres(hashed([type]))
    await client.query(`update t set c0 = ${after}`)
    expect(await hashInPostgres(hashed([type]))).not.toEqual(hashBefore)
  })

  test('values that change places between two rows change the hash', async () => {
    const types = ['int4', 'text'] as const
    await givenTable(types)
    await client.query("insert into t values (1, 'a'), (2, 'b')")
    const before = await hashInPostgres(hashed(types))
    await client.query("update t set c1 = case c1 when 'a' then 'b' else 'a' end")
    expect(await hashInPostgres(hashed(types))).not.toEqual(before)
  })
})
