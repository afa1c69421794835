import { describe, expect, test } from 'vitest'
import { RowferryError } from '../errors/errors.ts'
import { type ConfigInput, defineConfig } from './config.ts'
import { flagOf, optionNames, options } from './options.ts'
import { excludedTables, rulesOfColumn, rulesOfTable } from './table-rules.ts'

describe('defineConfig', () => {
  test('fills every option of a transfer', () => {
    const config = defineConfig({ schema: 'app' })
    const expected = optionNames.filter((name) => options[name].scope === 'transfer')
    expect(Object.keys(config).toSorted()).toEqual([...expected, 'tableRules'].toSorted())
    expect(config.schema).toBe('app')
  })

  test.each([
    ['an unknown option', { shema: 'app' }],
    ['a number that is out of range', { batchSize: 0 }],
    ['resume together with restart', { resume: true, restart: true }],
  ])('refuses %s', (_, input) => {
    expect(() => defineConfig(input as ConfigInput)).toThrow(RowferryError)
  })
})

describe('rules of tables and columns', () => {
  const config = defineConfig({
    onMisfit: 'reject',
    exclude: ['tmp_*'],
    tables: {
      Users: { onMisfit: 'null', columns: { At: { timeZone: 'Europe/Berlin', onMisfit: 'widen' } } },
      old: { exclude: true },
    },
  })

  test('names match without case', () => {
    expect(rulesOfTable(config, 'USERS').onMisfit).toBe('null')
    expect(rulesOfColumn(config, 'users', 'AT').timeZone).toBe('Europe/Berlin')
  })

  test('a column follows its own rule, then its table, then the options', () => {
    expect(rulesOfColumn(config, 'users', 'at').onMisfit).toBe('widen')
    expect(rulesOfColumn(config, 'users', 'name').onMisfit).toBe('null')
    expect(rulesOfColumn(config, 'posts', 'name').onMisfit).toBe('reject')
  })

  test('tables are left out by pattern and by rule', () => {
    expect(excludedTables(config)).toEqual(['tmp_*', 'old'])
  })
})

test('a flag that is on by default is written as its opposite', () => {
  expect(flagOf('color')).toBe('--no-color')
  expect(flagOf('batchSize')).toBe('--batch-size')
  expect(flagOf('source')).toBeNull()
})
