import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { optionsHash } from '../transfer/options-hash.ts'
import { defineConfig } from './config.ts'
import { loadConfig } from './load-config.ts'
import { defaultZeroSettings, zeroColumn, zeroTable } from './zero-settings.ts'

function load(yaml: string, flags: Record<string, boolean> = {}, environment: Record<string, string> = {}) {
  const cwd = mkdtempSync(join(tmpdir(), 'rowferry-zero-config-'))
  onTestFinished(() => rmSync(cwd, { recursive: true }))
  if (yaml !== '') writeFileSync(join(cwd, 'rowferry.yaml'), yaml)
  return loadConfig({ command: 'migrate', flags, environment, cwd }).config
}

describe('zero in the configuration', () => {
  test('is off unless it is asked for', () => {
    expect(load('').zero).toBeNull()
    expect(load('zero: false\n').zero).toBeNull()
    expect(defineConfig().zero).toBeNull()
  })

  test.each([['zero: true\n'], ['zero:\n'], ['zero: {}\n']])('%j is all defaults', (yaml) => {
    expect(load(yaml).zero).toEqual(defaultZeroSettings)
  })

  test('--zero and ROWFERRY_ZERO switch it on, with the details of the file', () => {
    expect(load('', { zero: true }).zero).toEqual(defaultZeroSettings)
    expect(load('', {}, { ROWFERRY_ZERO: 'yes' }).zero).toEqual(defaultZeroSettings)
    expect(load('zero: {publication: mine}\n', { zero: true }).zero?.publication).toBe('mine')
    expect(load('zero: {publication: mine}\n', {}, { ROWFERRY_ZERO: 'no' }).zero).toBeNull()
  })

  test('keeps what is said about tables and columns, and fills in the rest', () => {
    const yaml = `zero:
  publication: null
  bytea: base64
  tables:
    users:
      columns:
        avatar: { bytea: omit }
        settings: { jsonType: '{ theme: string }' }
    audit: { exclude: true }
    empty:
`
    const { zero } = load(yaml)
    if (zero === null) throw new Error('zero is off')
    expect(zero).toMatchObject({ publication: null, bytea: 'base64', int8: 'auto', surrogateKey: 'row_id' })
    expect(zeroColumn(zero, 'users', 'avatar')).toEqual({ exclude: false, jsonType: null, int8: null, bytea: 'omit' })
    expect(zeroColumn(zero, 'users', 'settings').jsonType).toBe('{ theme: string }')
    expect(zeroTable(zero, 'audit').exclude).toBe(true)
    expect(zeroTable(zero, 'nobody').exclude).toBe(false)
  })

  test.each([
    ['zero: {publicaton: x}\n', /rowferry\.yaml:1:8 zero\.publicaton: .*did you mean publication/],
    ['zero:\n  int8: sometimes\n', /rowferry\.yaml:2:9 zero\.int8: must be one of auto, number, text/],
    ['zero: {publication: _mine}\n', /zero\.publication: must be letters, digits and _/],
    ['zero: {surrogateKey: 1st}\n', /zero\.surrogateKey: must be a column name/],
    ['zero: sometimes\n', /rowferry\.yaml:1:7 zero: must be true, false or a map, not "sometimes"/],
    ['zero:\n  tables:\n    t: {columns: {c: {bytee: omit}}}\n', /3:23 zero\.tables\.t\.columns\.c\.bytee.*bytea/],
    ['resetZero: true\n', /there is no such key/],
  ])('%j is refused with its place', (yaml, message) => {
    expect(() => load(yaml)).toThrow(message)
  })

  test('its details decide whether an unfinished transfer can go on', () => {
    const table = (bytea: 'base64' | 'omit') =>
      optionsHash(defineConfig({ zero: { tables: { t: { columns: { c: { bytea } } } } } }))
    expect(table('base64')).not.toBe(table('omit'))
    expect(table('omit')).toBe(table('omit'))
    expect(optionsHash(defineConfig({ zero: { schemaFile: 'b.ts' } }))).toBe(optionsHash(defineConfig({ zero: true })))
    expect(optionsHash(defineConfig({ zero: true, resetZero: true }))).toBe(optionsHash(defineConfig({ zero: true })))
  })
})
