import { describe, expect, test } from 'vitest'
import { noCounts } from '../model/conflict.ts'
import type { TableReport, TableVerification } from '../model/report.ts'
import { buildVerdict } from './build-verdict.ts'

const verified = (verdict: 'equal' | 'differs', differingRows = 0): TableVerification => ({
  level: 'content',
  secondReading: null,
  verdict,
  sourceRows: 3,
  targetRows: 3,
  notCompared: [],
  differences: [],
  differingRows,
})
const table = (parts: Partial<TableReport>): TableReport => ({
  source: 't',
  target: { schema: 'public', name: 't' },
  mode: 'create',
  strategy: 'error',
  rowsRead: 3,
  counts: noCounts,
  rejected: 0,
  altered: 0,
  declaredConversions: 0,
  bytes: 30,
  seconds: 1,
  verification: verified('equal'),
  ...parts,
})

describe('buildVerdict', () => {
  test('is 0 when everything arrived and was verified', () => {
    expect(buildVerdict([table({})], null)).toEqual({
      status: 'completed',
      exitCode: 0,
      verdict: 'DONE: 3 rows of 1 table carried, content verified.',
    })
  })
  test('stays 0 with declared conversions only', () => {
    expect(buildVerdict([table({ declaredConversions: 5 })], null).exitCode).toBe(0)
  })
  test.each([{ rejected: 1 }, { altered: 1 }])('is 5 with %j', (parts) => {
    expect(buildVerdict([table(parts)], null)).toMatchObject({ status: 'completed_with_rejects', exitCode: 5 })
  })
  const nothing = {
    virtualTables: 0,
    damagedTables: 0,
    columns: 0,
    columnValues: 0,
    refusedObjects: 0,
    unprovenConstraints: 0,
  }
  test.each([
    [{ refusedObjects: 1 }, 'refused by PostgreSQL: 1 object of the schema'],
    [{ columns: 1, columnValues: 2 }, 'not carried: 1 column with 2 values'],
    [{ unprovenConstraints: 1 }, 'not valid for the rows there: 1 constraint'],
    [
      { damagedTables: 1 },
      'content of the rows that could be read verified; perhaps not whole because of damage: 1 table',
    ],
  ])('is 5 with %j, and says so', (parts, phrase) => {
    expect(buildVerdict([table({})], null, { ...nothing, ...parts })).toMatchObject({
      status: 'completed_with_rejects',
      exitCode: 5,
      verdict: expect.stringMatching(/^DONE WITH EXCEPTIONS: /) as string,
    })
    expect(buildVerdict([table({})], null, { ...nothing, ...parts }).verdict).toContain(phrase)
  })
  test.each([{ virtualTables: 1 }, { columns: 1 }])('stays 0 with %j, which the plan had said', (parts) => {
    expect(buildVerdict([table({})], null, { ...nothing, ...parts }).exitCode).toBe(0)
  })
  test('is 6 when content differs, even when rows were rejected too', () => {
    expect(buildVerdict([table({ rejected: 1, verification: verified('differs', 2) })], null)).toMatchObject({
      status: 'differs',
      exitCode: 6,
      verdict: expect.stringContaining('2 differing rows in t'),
    })
  })
  test('says so when nothing was verified', () => {
    expect(buildVerdict([table({ verification: { level: 'none' } })], null).verdict).toContain('NOT verified')
  })
  test.each([
    [130, 'interrupted'],
    [143, 'interrupted'],
    [3, 'failed'],
    [1, 'failed'],
  ])('with exit code %i is %s', (exitCode, status) => {
    const failure = { code: 'X', message: 'It broke.', remedy: null, exitCode }
    expect(buildVerdict([table({})], failure)).toMatchObject({ status, exitCode })
  })
  test('says what did not arrive although every row did', () => {
    const notCarried = { ...nothing, virtualTables: 1, damagedTables: 0, columns: 2, refusedObjects: 1 }
    expect(buildVerdict([table({})], null, notCarried).verdict).toBe(
      'DONE WITH EXCEPTIONS: 3 rows read from 1 table, 0 rows rejected, 0 values altered, each listed, content verified; not carried: 1 virtual table, 2 columns; refused by PostgreSQL: 1 object of the schema.',
    )
  })
  test('is 5 when a damaged source could not be read whole', () => {
    const notCarried = { ...nothing, virtualTables: 0, damagedTables: 1, columns: 0, refusedObjects: 0 }
    expect(buildVerdict([table({})], null, notCarried)).toMatchObject({ status: 'completed_with_rejects', exitCode: 5 })
  })
})
