import pc from 'picocolors'
import stringWidth from 'string-width'
import { describe, expect, test } from 'vitest'
import type { Plan } from '../../model/plan.ts'
import { laneLine, totalLine } from './live-lines.ts'
import { LiveState, type LiveTable } from './live-state.ts'

const plain = pc.createColors(false)

function copying(rows = 1000): LiveState {
  const state = new LiveState(0)
  state.apply('plan:built', { plan: { tables: [{ rows }] } as unknown as Plan }, 0)
  state.apply('step:started', { kind: 'copy-tables', number: 0, total: 1, label: 'copy rows' }, 0)
  state.apply('table:started', { table: 'messages', rows, bytes: rows * 10, alreadyLoaded: 0 }, 0)
  return state
}

function progress(state: LiveState, rowsRead: number, at: number): void {
  state.apply(
    'table:progress',
    { table: 'messages', rowsRead, loaded: rowsRead, rejected: 0, altered: 0, bytes: rowsRead * 10 },
    at,
  )
}

const lane = (state: LiveState): LiveTable => {
  const [table] = state.active()
  if (table === undefined) throw new Error('no table is copied')
  return table
}

describe('the total line', () => {
  test('says that rows are being counted while there is no total', () => {
    const state = new LiveState(0)
    state.apply('profile:progress', { table: 'a', tablesDone: 1, tablesTotal: 4, rows: 1200 }, 500)
    expect(totalLine(state, 1000, 80, plain)).toContain('counting rows… · 1 of 4 tables · 1,200 rows')
  })

  test('takes rate and time left from the last seconds, not from the whole run', () => {
    const state = copying(100_000)
    for (let second = 0; second <= 20; second++) {
      progress(state, second <= 10 ? second * 100 : 1000 + (second - 10) * 1000, second * 1000)
      totalLine(state, second * 1000, 100, plain)
    }
    expect(totalLine(state, 20_000, 100, plain)).toContain('1,000 rows/s')
    expect(totalLine(state, 20_000, 100, plain)).toContain('1 min 29 s left')
  })

  test('never says more than 100 %, and 100 % only at the end', () => {
    const state = copying(1000)
    progress(state, 999, 100)
    expect(totalLine(state, 100, 80, plain)).toContain('99 %')
    progress(state, 1500, 200)
    expect(totalLine(state, 200, 80, plain)).toContain('100 % · 1,500 of 1,500 rows')
  })

  test('a resumed table counts what was loaded before', () => {
    const state = copying(0)
    state.totalRows = 1000
    state.apply('table:started', { table: 'users', rows: 1000, bytes: 1, alreadyLoaded: 600 }, 0)
    expect(totalLine(state, 0, 80, plain)).toContain('60 %')
  })
})

test.each([20, 30, 40, 60, 80, 200])('at %i columns no line is wider than the terminal', (width) => {
  const state = copying(123_456_789)
  progress(state, 98_765_432, 3000)
  totalLine(state, 0, width, plain)
  expect(stringWidth(totalLine(state, 3000, width, plain))).toBeLessThanOrEqual(width)
  expect(
    stringWidth(laneLine({ ...lane(state), name: '表の名前がとても長い場合でも' }, 3000, width, plain)),
  ).toBeLessThanOrEqual(width)
})

test('a name with control characters cannot move the cursor', () => {
  expect(laneLine({ ...lane(copying()), name: 'a\u001B[2Jb' }, 0, 80, plain)).not.toContain('\u001B')
})
