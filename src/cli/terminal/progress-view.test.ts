import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { collectedStreams } from '../../../test/support/collected-streams.ts'
import { openProgressView } from './progress-view.ts'
import { openScreen } from './screen.ts'

const people = { json: false, verbose: false, quiet: false, color: true }

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

describe('without a terminal', () => {
  test('one line per table, and one every 10 seconds', () => {
    const streams = collectedStreams()
    const screen = openScreen(people, streams, {})
    using view = openProgressView(screen, new AbortController().signal)
    view.emit('table:started', { table: 'users', rows: 10, bytes: 1, alreadyLoaded: 0 })
    for (let second = 0; second < 25; second++) {
      vi.advanceTimersByTime(1000)
      view.emit('table:progress', {
        table: 'users',
        rowsRead: second,
        loaded: second,
        rejected: 0,
        altered: 0,
        bytes: 1,
      })
    }
    view.emit('table:finished', { table: 'users', rowsRead: 25, loaded: 24, rejected: 1, seconds: 25 })
    const lines = streams.out().trimEnd().split('\n')
    expect(lines).toHaveLength(3)
    expect(lines[2]).toBe('users: 24 rows loaded, 1 rejected in 25 s (1 rows/s)')
    expect(streams.out()).not.toContain('\u001B')
  })

  test('after 30 seconds without a move it says so once, and what to look at', () => {
    const streams = collectedStreams()
    using view = openProgressView(openScreen(people, streams, {}), new AbortController().signal)
    view.emit('table:started', { table: 'users', rows: 10, bytes: 1, alreadyLoaded: 0 })
    vi.advanceTimersByTime(65_000)
    expect(streams.out().match(/Nothing has moved for 30 s while copying users/g)).toHaveLength(1)
    expect(streams.out()).toContain('pg_stat_activity')
  })

  test('the first Ctrl-C is answered', () => {
    const streams = collectedStreams()
    const controller = new AbortController()
    using _view = openProgressView(openScreen(people, streams, {}), controller.signal)
    controller.abort('SIGINT')
    expect(streams.out()).toContain('Finishing the batch in hand')
  })

  test('with --quiet nothing is said', () => {
    const streams = collectedStreams()
    using view = openProgressView(openScreen({ ...people, quiet: true }, streams, {}), new AbortController().signal)
    view.emit('table:finished', { table: 'users', rowsRead: 1, loaded: 1, rejected: 0, seconds: 1 })
    vi.advanceTimersByTime(60_000)
    expect(streams.out() + streams.err()).toBe('')
  })
})

describe('the screen', () => {
  const cases = [
    ['a terminal', 80, {}, {}, { live: true, colors: true }],
    ['a pipe', undefined, {}, {}, { live: false, colors: false }],
    ['NO_COLOR', 80, {}, { NO_COLOR: '1' }, { live: true, colors: false }],
    ['--no-color', 80, { color: false }, {}, { live: true, colors: false }],
    ['CI', 80, {}, { CI: 'true' }, { live: false, colors: true }],
    ['a dumb terminal', 80, {}, { TERM: 'dumb' }, { live: false, colors: false }],
    ['--quiet', 80, { quiet: true }, {}, { live: false, colors: true }],
  ] as const
  test.each(cases)('on %s', (_, columns, options, environment, expected) => {
    const screen = openScreen({ ...people, ...options }, collectedStreams(columns), environment)
    expect({ live: screen.live, colors: screen.colors.red('x') !== 'x' }).toEqual(expected)
  })

  test('a terminal that has no size yet is taken as 80 columns wide', () => {
    expect(openScreen(people, collectedStreams(0), {}).width()).toBe(80)
  })

  test('with --json text for people goes to stderr', () => {
    const streams = collectedStreams()
    openScreen({ ...people, json: true }, streams, {}).print('for people')
    expect([streams.out(), streams.err()]).toEqual(['', 'for people\n'])
  })
})
