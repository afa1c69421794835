import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type BothDatabases, givenBothDatabases } from '../../../test/support/both-databases.ts'
import { translateDefault } from './defaults.ts'

let both: BothDatabases

beforeAll(async () => {
  both = await givenBothDatabases()
})

afterAll(() => both[Symbol.asyncDispose]())

describe('a default stores the same', () => {
  const fixed: readonly [text: string, declared: string, type: string][] = [
    ['0', 'integer', 'bigint'],
    ["'12'", 'integer', 'bigint'],
    ['-1', 'integer', 'bigint'],
    ['0x1F', 'integer', 'bigint'],
    ['(1 + 2)', 'integer', 'bigint'],
    ['1e3', 'integer', 'bigint'],
    ['1e3', 'real', 'double precision'],
    ['(7 / 2)', 'integer', 'bigint'],
    ["'it''s'", 'text', 'text'],
    ['"it\'s"', 'text', 'text'],
    ["'a\\b'", 'text', 'text'],
    ['0', 'text', 'text'],
    ['1.0', 'text', 'text'],
    ['1.5', 'text', 'text'],
    ['word', 'text', 'text'],
    ["x'00ff'", 'blob', 'bytea'],
    ['true', 'boolean', 'boolean'],
    ['false', 'numeric', 'numeric'],
    ["('a' || 'b')", 'text', 'text'],
    ["(upper('x'))", 'text', 'text'],
    ['(length(hex(randomblob(20))))', 'integer', 'bigint'],
    ['(length(lower(hex(randomblob(7)))))', 'integer', 'bigint'],
    ["(date('2024-02-28', '+2 days'))", 'date', 'date'],
    ['null', 'text', 'text'],
  ]

  test.each(fixed)('DEFAULT %s in a column declared %s', async (text, declared, type) => {
    const [row] = await insertedDefault(text, declared, type)
    expect(row?.postgres).toEqual(row?.sqlite)
  })

  const present: readonly [text: string, declared: string, type: string][] = [
    ['current_timestamp', 'datetime', 'timestamp'],
    ['CURRENT_TIMESTAMP', 'text', 'text'],
    ["(datetime('now', '+1 day'))", 'datetime', 'timestamp'],
    ["(strftime('%Y-%m-%d %H:%M:%f', 'now'))", 'datetime', 'timestamp'],
    ["(strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))", 'text', 'text'],
    ['current_date', 'date', 'date'],
    ["(date('now', 'start of month'))", 'date', 'date'],
    ['(unixepoch())', 'integer', 'bigint'],
    ["(strftime('%s', 'now'))", 'integer', 'bigint'],
    ["(strftime('%s', 'now') * 1000)", 'integer', 'bigint'],
    ["(cast((julianday('now') - 2440587.5) * 86400000 as integer))", 'integer', 'bigint'],
  ]

  test.each(present)(
    'DEFAULT %s in a column declared %s is the present time, to the same precision',
    async (text, declared, type) => {
      const [row] = await insertedDefault(text, declared, type)
      const [original, translated] = [String(row?.sqlite), String(row?.postgres)]
      expect(Math.abs(seconds(translated) - seconds(original))).toBeLessThan(60)
      const shape = (value: string): string => value.replaceAll(/\d/g, '9').replace(/\.9+/, '')
      expect(shape(translated)).toBe(shape(original))
    },
  )

  async function insertedDefault(
    text: string,
    declared: string,
    type: string,
  ): Promise<{ sqlite: string | null; postgres: string | null }[]> {
    const translated = translateDefault(text, type, { timeUnit: null })
    if (!translated.ok) throw new Error(translated.reason)
    both.sqlite.exec(`create table x (id integer, v ${declared} default ${text}); insert into x (id) values (1)`)
    const [original] = both.inSqlite('select v from x')
    both.sqlite.exec('drop table x')
    const [found] = await both.inPostgres(
      `create temp table x (id int, v ${type} default ${translated.sql}); insert into x (id) values (1); select v from x`,
    )
    return [{ sqlite: original?.[0] ?? null, postgres: found?.[0] ?? null }]
  }

  /** Dates, date-times, epoch seconds or milliseconds as seconds. */
  function seconds(value: string): number {
    if (/^\d{10}$/.test(value)) return Number(value)
    if (/^\d{13}$/.test(value)) return Number(value) / 1000
    return Date.parse(value.includes(':') && !value.endsWith('Z') ? `${value.replace(' ', 'T')}Z` : value) / 1000
  }
})
