import { describe, expect, test } from 'vitest'
import { type CopyField, decodeCopy } from '../../../../test/support/decode-copy.ts'
import { randomRow, seededRandom } from '../../../../test/support/random-rows.ts'
import { wireTypes, wireValues } from '../../../../test/support/wire-values.ts'
import { RowferryError } from '../../../errors/errors.ts'
import type { PostgresValue, WireType } from '../../../model/batch.ts'
import { BatchEncoder } from './copy-binary.ts'
import { maxRowBytes } from './field-errors.ts'

function thrownBy(run: () => void): RowferryError {
  try {
    run()
  } catch (error) {
    if (error instanceof RowferryError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

function encoderOf(wireTypes: readonly WireType[]): BatchEncoder {
  return new BatchEncoder({ wireTypes, rowHash: 'chained' })
}

function fieldOf(wireType: WireType, value: PostgresValue): CopyField {
  const encoder = encoderOf([wireType])
  encoder.append([value])
  return decodeCopy(encoder.finish().copyStream(0, 1))[0]?.[0] ?? null
}

const fields = [
  ['bool', true, '01'],
  ['int2', -2, 'fffe'],
  ['int4', 258n, '00000102'],
  ['int8', -2, 'fffffffffffffffe'],
  ['int8', 4294967297n, '0000000100000001'],
  ['float4', 1.5, '3fc00000'],
  ['float8', -0, '8000000000000000'],
  ['numeric', '-12.50', '0002 0000 4000 0002 000c 1388'],
  ['numeric', '0.00', '0000 0000 0000 0002'],
  ['numeric', 10000n, '0001 0001 0000 0000 0001'],
  ['numeric', '0.00012', '0002 ffff 0000 0005 0001 07d0'],
  ['date', -1, 'ffffffff'],
  ['time', 1, '0000000000000001'],
  ['timestamptz', -1n, 'ffffffffffffffff'],
  ['text', 'aé', '61c3a9'],
  ['json', '1', '31'],
  ['jsonb', '1', '0131'],
  ['bytea', Uint8Array.of(0, 255), '00ff'],
  ['uuid', 'A0EEBC99-9c0b-4ef8-bb6d-6bb9bd380a11', 'a0eebc999c0b4ef8bb6d6bb9bd380a11'],
] as const satisfies readonly (readonly [WireType, PostgresValue, string])[]

test.each(fields)('%s %s is written as %s', (wireType, value, hexadecimal) => {
  expect(fieldOf(wireType, value)?.toString('hex')).toBe(hexadecimal.replaceAll(' ', ''))
})

test('NULL is written as a length of -1 in every type', () => {
  for (const wireType of wireTypes) expect(fieldOf(wireType, null)).toBeNull()
})

/** One row with every value of the tables of cases, and their fields one by one. */
const allValues = wireTypes.flatMap((wireType) => wireValues[wireType].map(([value]) => ({ wireType, value })))

test('a row is its fields one after the other', () => {
  const encoder = encoderOf(allValues.map(({ wireType }) => wireType))
  encoder.append(allValues.map(({ value }) => value))
  const [row] = decodeCopy(encoder.finish().copyStream(0, 1))
  const single = allValues.map(({ wireType, value }) => fieldOf(wireType, value))
  expect(row?.map((field) => field?.toString('base64'))).toEqual(single.map((field) => field?.toString('base64')))
})

const misfits = [
  ['bool', 1],
  ['int2', 32768],
  ['int2', '1'],
  ['int4', 2147483648n],
  ['int4', 1.5],
  ['int4', true],
  ['int8', 9223372036854775808n],
  ['int8', 2 ** 53],
  ['int8', '1'],
  ['float8', 1n],
  ['numeric', ''],
  ['numeric', '-'],
  ['numeric', '.'],
  ['numeric', '1,5'],
  ['numeric', '1e'],
  ['numeric', ' 1'],
  ['numeric', 'NaN'],
  ['numeric', 0.5],
  ['numeric', '\u0131\u0132'],
  ['numeric', `1${'0'.repeat(131072)}`],
  ['numeric', `0.${'0'.repeat(16383)}1`],
  ['timestamp', 0.5],
  ['text', 1],
  ['jsonb', true],
  ['bytea', 1n],
  ['uuid', 'a0eebc99'],
  ['uuid', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1g'],
  ['uuid', 'a0eebc999c0b4ef8bb6d6bb9bd380a1100'],
  ['uuid', Uint8Array.of(1)],
] as const satisfies readonly (readonly [WireType, PostgresValue])[]

test.each(misfits)('as %s the value %s is refused by name of its column', (wireType, value) => {
  const encoder = encoderOf(['text', wireType])
  const error = thrownBy(() => encoder.append(['a', value]))
  expect(error.code).toBe('DATA_MISFIT')
  expect(error.context['column']).toBe(1)
})

test.each(['a\ud800', `${'long '.repeat(10)}\udc00`, `${'x'.repeat(300_000)}\ud800`])(
  'half a surrogate pair is refused',
  (value) => {
    expect(thrownBy(() => encoderOf(['text']).append([value])).code).toBe('DATA_INVALID_TEXT')
  },
)

test('a refused row leaves nothing in the batch', () => {
  const encoder = encoderOf(['bytea', 'text', 'int4'])
  const large = new Uint8Array(300_000).fill(7)
  encoder.append([null, 'one', 1])
  expect(() => encoder.append([large, 'x'.repeat(300_000), 0.5])).toThrow(RowferryError)
  encoder.append([null, 'two', 2])
  expect([encoder.pendingRows, encoder.pendingBytes]).toEqual([2, 2 * (2 + 4 + 7 + 8)])
  const rows = decodeCopy(encoder.finish().copyStream(0, 2))
  expect(rows.map((row) => row[1]?.toString())).toEqual(['one', 'two'])
})

describe('large values', () => {
  test('are handed on without being copied', () => {
    const large = new Uint8Array(3_000_000).fill(1)
    const encoder = encoderOf(['int4', 'bytea', 'text'])
    encoder.append([1, large, 'behind'])
    const chunks = [...encoder.finish().copyStream(0, 1)]
    const views = chunks.filter((chunk) => chunk.buffer === large.buffer)
    expect(views.reduce((sum, chunk) => sum + chunk.length, 0)).toBe(3_000_000)
    expect(Math.max(...chunks.map((chunk) => chunk.length))).toBeLessThanOrEqual(1024 * 1024)
  })

  test('that PostgreSQL could not hold are refused before they are encoded', () => {
    const encoder = encoderOf(['int4', 'bytea'])
    const tooLong = new Uint8Array(maxRowBytes + 1) // never touched, so no memory is taken
    const error = thrownBy(() => encoder.append([1, tooLong]))
    expect([error.code, error.context['column']]).toEqual(['DATA_TOO_LONG', 1])
    encoder.append([1, null])
    expect(encoder.pendingRows).toBe(1)
  })

  test('that only together are too long are refused as well', () => {
    const encoder = encoderOf(Array.from({ length: 5 }, () => 'bytea' as const))
    const large = new Uint8Array(250_000_000)
    const error = thrownBy(() => encoder.append([large, large, large, large, large]))
    expect([error.code, error.context['column']]).toEqual(['DATA_TOO_LONG', 4])
  })
})

describe('a batch', () => {
  const types = wireTypes
  const random = seededRandom(11)
  const rows = Array.from({ length: 8 }, () => randomRow(random, types))
  rows[3] = types.map((type) => wireValues[type].at(-1)?.[0] ?? null) // with chunks of their own

  function encoded(encoder = encoderOf(types)) {
    for (const row of rows) encoder.append(row)
    return encoder.finish()
  }

  test('streams every range of its rows', () => {
    const batch = encoded()
    const whole = decodeCopy(batch.copyStream(0, 8))
    for (let from = 0; from <= 8; from++) {
      for (let to = from; to <= 8; to++) {
        expect(decodeCopy(batch.copyStream(from, to))).toEqual(whole.slice(from, to))
      }
    }
  })

  test('knows its rows and its bytes', () => {
    const batch = encoded()
    const streamed = [...batch.copyStream(0, 8)].reduce((sum, chunk) => sum + chunk.length, 0)
    expect([batch.rows, batch.bytes]).toEqual([8, streamed - 19 - 2])
  })

  test('has hashes that add up', () => {
    const batch = encoded()
    const single = rows.map((_, i) => batch.hash(i, i + 1))
    for (let from = 0; from <= 8; from++) {
      const sum = single.slice(from).reduce((a, b) => a + b, 0n)
      expect(batch.hash(from, 8)).toBe(BigInt.asUintN(64, sum))
    }
    expect(new Set(single).size).toBe(8)
  })

  test('stays valid while the next one is filled, until it is released', () => {
    const encoder = encoderOf(types)
    const first = encoded(encoder)
    const expected = Buffer.concat([...first.copyStream(0, 8)])
    const hash = first.hash(0, 8)
    for (let i = 0; i < 4; i++) encoder.release(encoded(encoder))
    expect(Buffer.concat([...first.copyStream(0, 8)]).equals(expected)).toBe(true)
    expect(first.hash(0, 8)).toBe(hash)
    encoder.release(first)
    encoder.release(first)
    expect(() => first.hash(0, 8)).toThrow('released')
  })

  test('made in memory that served another batch is the same', () => {
    const encoder = encoderOf(types)
    const first = encoded(encoder)
    const expected = Buffer.concat([...first.copyStream(0, 8)])
    encoder.release(first)
    encoder.finish()
    const again = encoded(encoder)
    expect(Buffer.concat([...again.copyStream(0, 8)]).equals(expected)).toBe(true)
  })

  test('needs no memory of its own when the one before it was released', () => {
    using encoder = encoderOf(['int4'])
    const carry = (batches: number): void => {
      for (let i = 0; i < batches; i++) {
        encoder.append([i])
        const batch = encoder.finish()
        for (const _ of batch.copyStream(0, 1)) continue
        encoder.release(batch)
      }
    }
    carry(2)
    const before = process.memoryUsage().arrayBuffers
    carry(50)
    // What is thrown away stands there until V8 clears up.
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 * 1024)
  })

  test('refuses ranges that it does not have', () => {
    const batch = encoded()
    expect(() => batch.hash(0, 9)).toThrow('8 rows')
    expect(() => [...batch.copyStream(5, 4)]).toThrow('8 rows')
  })

  test('grows over thousands of rows', () => {
    const encoder = encoderOf(['int4', 'text'])
    for (let i = 0; i < 30_000; i++) encoder.append([i, `row ${i}`])
    const decoded = decodeCopy(encoder.finish().copyStream(29_998, 30_000))
    expect(decoded.map((row) => row[1]?.toString())).toEqual(['row 29998', 'row 29999'])
  })
})

test('a row with another number of values is a defect', () => {
  expect(thrownBy(() => encoderOf(['int4', 'int4']).append([1])).code).toBe('INTERNAL')
})
