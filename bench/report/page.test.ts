import { describe, expect, test } from 'vitest'
import { markdownTable, performancePage } from './page.ts'
import { sampleResult } from './sample-result.ts'
import { sectionsOf } from './sections.ts'
import { terminalTable } from './terminal.ts'

describe('the page', () => {
  const result = sampleResult({ rowferry: [4, 5, 6], pgloader: [10, 10, 10], phases: { 'copy-tables': 2 } })

  test('has medians, ranges and ratios', () => {
    const page = performancePage([result])
    expect(page).toContain('| rowferry | 5.00 | 4.00 – 6.00 | 200,000 | 1.00 | 2.00 | 200 MB | – | verified |')
    expect(page).toContain(
      '| pgloader | 10.0 | 10.0 – 10.0 | 100,000 | 1.00 | 2.00 | 200 MB | 0.50 | differs, see below |',
    )
  })

  test('does not hide what others loaded differently', () => {
    expect(performancePage([result])).toContain('| pgloader | score: type real instead of double precision |')
  })

  test('says where the time of rowferry goes', () => {
    const page = performancePage([result])
    expect(page).toContain('| copy-tables | 2.00 | 40.0 % |')
    expect(page).toContain('| start and end of the process | 3.00 | 60.0 % |')
  })

  test('says who did not take part', () => {
    expect(performancePage([sampleResult({ rowferry: [4] })])).toContain('| pgloader not installed |')
  })

  test('names the machine once, and what is different about a shape that was measured elsewhere', () => {
    const elsewhere = sampleResult({ shape: 'narrow', rowferry: [1] })
    const page = performancePage([result, { ...elsewhere, machine: { ...elsewhere.machine, kernel: 'Linux 6.9' } }])
    expect(page.match(/Processor X/g)).toHaveLength(1)
    expect(page).toContain('Measured on 2026-05-04, 1 round. Kernel: Linux 6.9.')
  })

  test('is not written without results', () => {
    expect(() => performancePage([])).toThrow('no results')
  })
})

test('a cell cannot break out of its table', () => {
  const rows = [['a | b', 'c\nd', '<e>']]
  expect(markdownTable({ title: '', head: ['x', 'y', 'z'], figures: new Set([1]), rows })).toBe(
    '| x | y | z |\n| --- | ---: | --- |\n| a \\| b | c d | \\<e> |',
  )
})

test('the terminal shows the same sections, figures at the right', () => {
  const [times] = sectionsOf(sampleResult({ rowferry: [4], pgloader: [12.5] }))
  expect(times).toBeDefined()
  if (times === undefined) return
  const lines = terminalTable(times).split('\n')
  expect(lines[0]).toBe('1,000,000 rows in 1 table, 100 MB of SQLite')
  expect(lines[2]).toMatch(/^ {2}rowferry +4\.00 {2}4\.00 – 4\.00 .*verified$/)
  expect(lines[3]).toMatch(/^ {2}pgloader +12\.5 .* 0\.32 {2}differs, see below$/)
})
