import { describe, expect, test } from 'vitest'
import { typeFamily } from '../../databases/sqlite/declared-type.ts'
import { ColumnExaminer } from '../../databases/sqlite/profile/profile-column.ts'
import type { SqliteValue } from '../../model/batch.ts'
import type { Column, PostgresColumnFacts } from '../../model/catalog.ts'
import type { ColumnProfile } from '../../model/profile.ts'
import type { ColumnPolicy, TypeDecision } from '../mapping.ts'
import { conversionForExisting } from './existing-types.ts'

const policy: ColumnPolicy = {
  onMisfit: 'widen',
  nul: 'strip',
  invalidUtf8: 'replace',
  timeZone: 'UTC',
  type: null,
  timeUnit: null,
  separator: null,
}

function column(
  name: string,
  declaredType: string,
  postgres: Partial<PostgresColumnFacts> | null,
  notNull = false,
): Column {
  const facts = {
    typeName: declaredType,
    typeSchema: 'pg_catalog',
    typeKind: 'base',
    domain: null,
    typmod: -1,
    baseType: declaredType,
    enumLabels: [],
    identity: null,
    sequence: null,
  } as const
  return {
    name,
    position: 1,
    declaredType,
    notNull,
    default: null,
    generated: null,
    collation: null,
    comment: null,
    postgres: postgres === null ? null : { ...facts, ...postgres },
  }
}

function profileOf(declaredType: string, values: readonly SqliteValue[]): ColumnProfile {
  const examiner = new ColumnExaminer(
    { name: 'c', family: typeFamily(declaredType), at: 0 },
    () => ({ rowid: 1 }),
    () => false,
  )
  examiner.examine({ rows: values.map((value) => [value]), positionOf: String }, new Float64Array(values.length))
  return examiner.profile
}

type Source = { declared?: string; values?: SqliteValue[]; policy?: Partial<ColumnPolicy>; notNull?: boolean }

function decide(
  type: string,
  facts: Partial<PostgresColumnFacts>,
  { declared = 'TEXT', values = [], policy: more = {}, notNull = false }: Source = {},
): TypeDecision {
  return conversionForExisting(
    column('t', type, facts, notNull),
    column('s', declared, null),
    profileOf(declared, values),
    { ...policy, ...more },
  )
}

describe("the target's type decides how values travel", () => {
  test.each<[string, Partial<PostgresColumnFacts>, Record<string, unknown>]>([
    ['integer', { typeName: 'int4' }, { wireType: 'int4', castTo: null, emptyToNull: true }],
    ['smallint', { typeName: 'int2' }, { wireType: 'int2' }],
    ['real', { typeName: 'float4' }, { wireType: 'float4' }],
    [
      'numeric(10,2)',
      { typeName: 'numeric', typmod: ((10 << 16) | 2) + 4 },
      { wireType: 'numeric', numeric: { precision: 10, scale: 2 } },
    ],
    [
      'numeric(2,-3)',
      { typeName: 'numeric', typmod: ((2 << 16) | (-3 & 0x7ff)) + 4 },
      { numeric: { precision: 2, scale: -3 } },
    ],
    ['numeric', { typeName: 'numeric' }, { wireType: 'numeric', numeric: null }],
    [
      'character varying(20)',
      { typeName: 'varchar', typmod: 24 },
      { wireType: 'text', maxCharacters: 20, emptyToNull: false },
    ],
    ['character varying', { typeName: 'varchar' }, { wireType: 'text', maxCharacters: null }],
    ['character(3)', { typeName: 'bpchar', typmod: 7 }, { wireType: 'text', maxCharacters: 3 }],
    ['"char"', { typeName: 'char' }, { wireType: 'text', castTo: '"char"', emptyToNull: false }],
    [
      'timestamp(3) without time zone',
      { typeName: 'timestamp', typmod: 3 },
      { wireType: 'timestamp', timePrecision: 3 },
    ],
    ['timestamp with time zone', { typeName: 'timestamptz' }, { wireType: 'timestamptz', castTo: null }],
    [
      'time with time zone',
      { typeName: 'timetz' },
      { wireType: 'text', castTo: 'time with time zone', emptyToNull: true },
    ],
    ['jsonb', { typeName: 'jsonb' }, { wireType: 'jsonb' }],
    ['inet', { typeName: 'inet' }, { wireType: 'text', castTo: 'inet', emptyToNull: true }],
    ['text[]', { typeName: '_text', typeKind: 'array' }, { wireType: 'text', castTo: 'text[]', emptyToNull: true }],
    [
      'citext',
      { typeName: 'citext', typeSchema: 'public' },
      { wireType: 'text', castTo: 'citext', emptyToNull: false },
    ],
    [
      'app.mood',
      { typeName: 'mood', typeSchema: 'app', typeKind: 'enum', enumLabels: ['a', 'b'] },
      { wireType: 'text', castTo: 'app.mood', enumLabels: ['a', 'b'] },
    ],
    ['app.positive', { typeName: 'int4', domain: 'positive' }, { wireType: 'int4', castTo: null }],
  ])('%s', (type, facts, conversion) => {
    const decision = decide(type, facts)
    expect(decision.type).toBe(type)
    expect(decision.conversion).toMatchObject(conversion)
  })
})

describe('what is expected not to fit', () => {
  test('integers beyond the range, with the figures', () => {
    const { warnings } = decide('integer', { typeName: 'int4' }, { declared: 'INTEGER', values: [1n, 3_000_000_000n] })
    expect(warnings).toEqual([
      expect.objectContaining({
        code: 'misfits-expected',
        column: 's',
        message: expect.stringContaining('from 1 to 3000000000'),
      }),
    ])
  })

  test('values of other classes, with samples', () => {
    const { warnings } = decide('boolean', { typeName: 'bool' }, { declared: 'INTEGER', values: [1n, 2n, 'x'] })
    expect(warnings[0]?.message).toBe(
      "2 of 3 values may not fit boolean; those that do not are rejected with their rows: 1 integer: 2 (rowid 1); 1 text: 'x' (rowid 1)",
    )
  })

  test('texts longer than the column, and labels an enum does not have', () => {
    expect(
      decide('character varying(3)', { typeName: 'varchar', typmod: 7 }, { values: ['abcd'] }).warnings[0]?.message,
    ).toContain('texts of up to 4 characters')
    const mood = { typeName: 'mood', typeSchema: 'public', typeKind: 'enum', enumLabels: ['a'] } as const
    expect(decide('mood', mood, { values: ['a', 'b'] }).warnings).toHaveLength(1)
    expect(decide('mood', mood, { values: ['a', 'a'] }).warnings).toEqual([])
  })

  test("NULL and '' in a NOT NULL column", () => {
    const { warnings, conversion } = decide(
      'integer',
      { typeName: 'int4' },
      { declared: 'INTEGER', values: [1n, null, ''], notNull: true, policy: { onMisfit: 'null' } },
    )
    expect(conversion).toMatchObject({ notNull: true, onMisfit: 'reject' })
    expect(warnings[0]?.message).toContain("2 values are NULL (or '')")
  })

  test('digits that the target does not keep', () => {
    expect(
      decide('real', { typeName: 'float4' }, { declared: 'REAL', values: [0.1] }).warnings.map(({ code }) => code),
    ).toEqual(['precision-lost'])
    const price = { typeName: 'numeric', typmod: ((10 << 16) | 2) + 4 } as const
    expect(
      decide('numeric(10,2)', price, { declared: 'DECIMAL(10,2)', values: [1.255] }).warnings.map(({ code }) => code),
    ).toEqual(['precision-lost'])
  })

  test('texts of a text column are tried by their samples', () => {
    const stamp = { typeName: 'timestamptz' }
    const dates = ['2024-01-01 10:00', '2024-01-01T10:00Z']
    expect(decide('timestamp with time zone', stamp, { values: dates }).warnings).toEqual([])
    expect(decide('timestamp with time zone', stamp, { values: [...dates, 'now'] }).warnings[0]?.message).toContain(
      "some of 3 values may not fit timestamp with time zone; those that do not are rejected with their rows: texts such as 'now' (rowid 1)",
    )
    expect(
      decide('jsonb', { typeName: 'jsonb' }, { values: [JSON.stringify({ long: 'x'.repeat(200) })] }).warnings,
    ).toEqual([])
    expect(
      decide('date', { typeName: 'date' }, { declared: 'DATETIME', values: ['2024-01-01 00:00:00'] }).warnings,
    ).toEqual([])
    expect(
      decide('date', { typeName: 'date' }, { declared: 'DATETIME', values: ['2024-01-01 10:00'] }).warnings,
    ).toHaveLength(1)
  })

  test('nothing, where everything fits', () => {
    expect(decide('boolean', { typeName: 'bool' }, { declared: 'INTEGER', values: [1n, 0n, null] }).warnings).toEqual(
      [],
    )
    expect(decide('date', { typeName: 'date' }, { declared: 'DATE', values: ['2024-01-01'] }).warnings).toEqual([])
    expect(decide('text', { typeName: 'text' }, { declared: 'TEXT', values: ['x', '', 1n, 1.5] }).warnings).toEqual([])
  })
})

describe('numbers that are times', () => {
  test.each([
    ['INTEGER', [1_709_210_096n], 'epoch-s'],
    ['INTEGER', [1_709_210_096_123n, 1_709_210_097_000n], 'epoch-ms'],
    ['REAL', [1_709_210_096.5], 'epoch-s'],
    ['DATETIME', [1_709_210_096_123_456n], 'epoch-us'],
    ['INTEGER', [5n], null],
    ['INTEGER', [1_709_210_096n, 1_709_210_096_123n], null],
  ] as [string, SqliteValue[], string | null][])('%s %s into timestamptz are read as %s', (declared, values, unit) => {
    expect(
      decide('timestamp with time zone', { typeName: 'timestamptz' }, { declared, values }).conversion.timeUnit,
    ).toBe(unit)
  })

  test('a unit that the user named is taken, and nothing was guessed', () => {
    const decision = decide(
      'timestamp with time zone',
      { typeName: 'timestamptz' },
      { declared: 'INTEGER', values: [5n], policy: { timeUnit: 'epoch-s' } },
    )
    expect(decision.conversion.timeUnit).toBe('epoch-s')
    expect(decision.warnings.map(({ code }) => code)).toEqual([])
  })
})
