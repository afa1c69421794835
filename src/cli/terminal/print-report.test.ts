import stringWidth from 'string-width'
import { describe, expect, test } from 'vitest'
import { collectedStreams } from '../../../test/support/collected-streams.ts'
import { sampleReport, sampleTable } from '../../../test/support/sample-report.ts'
import type { Report } from '../../model/report.ts'
import { printReport } from './print-report.ts'
import { openScreen } from './screen.ts'

function printed(report: Report, columns?: number, verbose = false): string {
  const streams = collectedStreams(columns)
  printReport(openScreen({ json: false, quiet: false, color: false, verbose }, streams, {}), report)
  return streams.out()
}

describe('the closing table', () => {
  test('has read, loaded, rejected, altered, time, rate and verification of each table', () => {
    const line = printed(sampleReport(), 120)
      .split('\n')
      .find((text) => text.startsWith('attachments'))
    expect(line?.split(/\s{2,}/)).toEqual(['attachments', '88,012', '88,010', '2', '-', '1.2 s', '73,343', '✓'])
  })

  test.each([40, 60, 80])('fits %i columns', (columns) => {
    const table = printed(sampleReport(), columns).split('\n\n')[0]?.split('\n') ?? []
    for (const line of table) expect(stringWidth(line)).toBeLessThanOrEqual(columns)
  })

  test('of many tables shows those with something to tell, and the largest', () => {
    const tables = Array.from({ length: 500 }, (_, index) => sampleTable(`t${index}`, index, 1))
    tables[3] = { ...sampleTable('t3', 3, 1), rejected: 1 }
    const text = printed(sampleReport({ tables }))
    expect(text).toContain('\nt3 ')
    expect(text).toContain('\nt499 ')
    expect(text).toContain('… and 460 more tables')
    expect(text).not.toContain('\nt4 ')
  })

  test('names the keys and columns that differ', () => {
    const [table] = sampleReport().tables
    if (table === undefined) throw new Error('the sample has tables')
    const text = printed(
      sampleReport({
        tables: [
          {
            ...table,
            verification: {
              level: 'content',
              secondReading: null,
              verdict: 'differs',
              sourceRows: 12,
              targetRows: 11,
              notCompared: [],
              differingRows: 2,
              differences: [
                { table: 'guilds', key: { id: '7' }, problem: 'missing', columns: [] },
                {
                  table: 'guilds',
                  key: { id: '8' },
                  problem: 'different',
                  columns: [{ column: 'name', source: 'a', target: null }],
                },
              ],
            },
          },
        ],
      }),
    )
    expect(text).toContain('✗ guilds: 12 rows in the source, 11 in the target, 2 rows differ')
    expect(text).toContain('id=7: not in the target')
    expect(text).toContain('id=8: name is NULL instead of "a"')
  })
})

test('warnings are grouped by code, with at most three of each', () => {
  const warnings = Array.from({ length: 5 }, (_, index) => ({
    code: 'orphans',
    table: `t${index}`,
    column: null,
    message: `${index} rows point to no row.`,
    remedy: '--orphans reject',
  }))
  const text = printed(sampleReport({ warnings }))
  expect(text).toContain('! orphans (5)')
  expect(text).toContain('t2: 2 rows point to no row.')
  expect(text).not.toContain('t3: 3 rows')
  expect(text).toContain('… and 2 more')
  expect(text.match(/→ --orphans reject/g)).toHaveLength(1)
})

test('the verdict is the last line and stays on one line', () => {
  const text = printed(sampleReport({ verdict: 'FAILED: first\nsecond' }))
  expect(text.trimEnd().split('\n').at(-1)).toBe(String.raw`FAILED: first\nsecond`)
})
