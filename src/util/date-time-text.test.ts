import { describe, expect, test } from 'vitest'
import { formatDate, formatDateTime, formatTime, parseDateTime } from './date-time-text.ts'

describe('what is a date or time', () => {
  test.each([
    ['2024-02-29', 'date', '2024-02-29 00:00:00', null],
    ['2000-01-01', 'date', '2000-01-01 00:00:00', null],
    ['0001-01-01', 'date', '0001-01-01 00:00:00', null],
    ['9999-12-31 23:59:59.999999', 'datetime', '9999-12-31 23:59:59.999999', null],
    ['2024-02-29 12:34', 'datetime', '2024-02-29 12:34:00', null],
    ['2024-02-29T12:34:56.789', 'datetime', '2024-02-29 12:34:56.789', null],
    ['2024-02-29t12:34:56z', 'datetime', '2024-02-29 12:34:56', 0],
    ['2024-02-29 12:34:56 Z', 'datetime', '2024-02-29 12:34:56', 0],
    ['2024-02-29 12:34:56+05:30', 'datetime', '2024-02-29 12:34:56', 330],
    ['2024-02-29 12:34:56-0730', 'datetime', '2024-02-29 12:34:56', -450],
    ['2024-02-29 12:34:56 +05', 'datetime', '2024-02-29 12:34:56', 300],
    ['2024-02-29 12:34:56-00:00', 'datetime', '2024-02-29 12:34:56', 0],
    ['2024-02-29 24:00:00', 'datetime', '2024-03-01 00:00:00', null],
    ['12024-01-01', 'date', '+12024-01-01 00:00:00', null],
    ['+012024-01-01T00:00:00Z', 'datetime', '+12024-01-01 00:00:00', 0],
    ['-0044-03-15', 'date', '-0044-03-15 00:00:00', null],
    ['1582-10-04', 'date', '1582-10-04 00:00:00', null],
  ])('%s is a %s', (text, kind, formatted, offsetMinutes) => {
    const found = parseDateTime(text)
    expect(found).toMatchObject({ kind, offsetMinutes, subMicrosecond: false, suffix: false })
    expect(formatDateTime(found?.micros ?? 0)).toBe(formatted)
  })

  test.each([
    ['10:00', 36_000_000_000],
    ['23:59:59.5', 86_399_500_000],
    ['24:00:00', 86_400_000_000],
    ['24:00', 86_400_000_000],
  ])('%s is a time of day', (text, micros) => {
    expect(parseDateTime(text)).toEqual({
      kind: 'time',
      micros,
      offsetMinutes: null,
      subMicrosecond: false,
      suffix: false,
    })
  })

  test.each([
    '',
    'now',
    'today',
    'infinity',
    '-infinity',
    'epoch',
    'not a date',
    'tomorrow',
    '2023-02-29',
    '2024-13-01',
    '2024-00-10',
    '2024-04-31',
    '1900-02-29',
    '2024-1-1',
    '2024-01-1',
    '29/02/2024',
    '20240229',
    '0000-00-00',
    '0000-00-00 00:00:00',
    '0000-01-01',
    '-0000-01-01',
    '5000-01-01 BC',
    '-4800-01-01',
    '300000-01-01',
    '2024-02-29 ',
    ' 2024-02-29',
    '2024-02-29 12',
    '2024-02-29 12:3',
    '2024-02-29 25:00',
    '2024-02-29 12:60',
    '2024-02-29 12:34:60',
    '2024-02-29 24:00:01',
    '2024-02-29 24:00:00.0000001',
    '2024-02-29 12:34:56.',
    '2024-02-29 12:34:56,5',
    '2024-02-29  12:34:56',
    '2024-02-29_12:34:56',
    '2024-02-29 12:34:56+5',
    '2024-02-29 12:34:56+16',
    '2024-02-29 12:34:56+05:60',
    '2024-02-29Z',
    '2024-02-29 12:34:56 UTC',
    '2024-02-29 12:34:56 +0000 utc',
    '2024-02-29 12:34:56 +0000 UTC m=',
    '2024-02-29 12:34:56 +0000 UTC x',
    '2024-02-29 12:34:56 Europe/Berlin',
    '9:5',
    '24:30:00',
    '24:30',
    '10:00Z',
    '10:00+02',
    '10:00:00 PM',
    '1709210096',
    '٢٠٢٤-٠٢-٢٩',
  ])('%j is none', (text) => {
    expect(parseDateTime(text)).toBeNull()
  })

  test.each([
    ['2024-02-29 12:34:56.789 +0000 UTC', '2024-02-29 12:34:56.789', 0],
    ['2024-02-29 12:34:56 +0200 CEST', '2024-02-29 12:34:56', 120],
    ['2024-02-29 12:34:56 +0330 +0330', '2024-02-29 12:34:56', 210],
    ['2024-02-29 12:34:56 +0000 UTC m=+0.0001', '2024-02-29 12:34:56', 0],
    ['2024-02-29 12:34:56 -0700 MST m=-12.5', '2024-02-29 12:34:56', -420],
  ])("Go's %s is a date-time, and what stands behind its offset is told", (text, formatted, offsetMinutes) => {
    const found = parseDateTime(text)
    expect(found).toMatchObject({ kind: 'datetime', offsetMinutes, subMicrosecond: false, suffix: true })
    expect(formatDateTime(found?.micros ?? 0)).toBe(formatted)
  })
})

describe('exactness', () => {
  test.each([
    ['2024-02-29 12:34:56.123456789', '12:34:56.123457', true],
    ['2024-02-29 12:34:56.1234565', '12:34:56.123457', true],
    ['2024-02-29 12:34:56.1234564', '12:34:56.123456', true],
    ['2024-02-29 12:34:56.123456000', '12:34:56.123456', false],
    ['1999-12-31 23:59:59.9999995', '00:00:00', true],
  ])('%s is rounded half up, and says so only when digits are lost', (text, time, subMicrosecond) => {
    const found = parseDateTime(text)
    expect(found?.subMicrosecond).toBe(subMicrosecond)
    expect(formatDateTime(found?.micros ?? 0)).toContain(time)
  })

  test('far from 2000 microseconds are a bigint and still exact', () => {
    expect(parseDateTime('9999-12-31 23:59:59.999999')?.micros).toBe(252_455_615_999_999_999n)
    expect(parseDateTime('1714-06-01')?.micros).toBe(-9_012_211_200_000_000n)
    expect(parseDateTime('2284-01-01')?.micros).toBe(8_962_185_600_000_000)
  })

  test('every day of four centuries is the day after the one before', () => {
    const wrong: number[] = []
    for (let day = -146_097; day <= 0; day++) {
      if (BigInt(parseDateTime(formatDate(day))?.micros ?? 1) !== BigInt(day) * 86_400_000_000n) wrong.push(day)
    }
    expect(wrong).toEqual([])
  })

  test('times are written without needless zeros', () => {
    expect(formatTime(0)).toBe('00:00:00')
    expect(formatTime(86_399_000_100)).toBe('23:59:59.0001')
    expect(formatDateTime(-1)).toBe('1999-12-31 23:59:59.999999')
  })
})
