import { parse } from 'yaml'
import { describe, expect, test } from 'vitest'
import { ConfigFile } from '../../config/config.ts'
import { optionNames, yamlKey } from '../../config/options.ts'
import { writeConfigText } from './config-text.ts'

const answers = { source: 'app.db', target: null, schema: 'public', strategy: null }

describe('the file that rowferry init writes', () => {
  test('is valid and holds what was answered', () => {
    const text = writeConfigText({ ...answers, target: 'postgres://app@db/app', strategy: 'merge' }, null)
    expect(ConfigFile.parse(parse(text))).toEqual({
      source: 'app.db',
      target: 'postgres://app@db/app',
      schema: 'public',
      strategy: 'merge',
    })
  })

  test('names every option of the configuration file', () => {
    const text = writeConfigText(answers, null)
    const keys = optionNames.filter((name) => yamlKey(name) !== null)
    expect(keys.filter((name) => !new RegExp(`^(# )?${name}:`, 'm').test(text))).toEqual([])
  })

  test('stays valid when the comments of all options with a value are taken away', () => {
    const text = writeConfigText(answers, null).replace(/^# ([a-zA-Z0-9]+: \S.*)$/gm, (line, setting: string) =>
      setting.includes('  # ') ? line : setting,
    )
    expect(ConfigFile.safeParse(parse(text)).error).toBeUndefined()
  })

  test('never holds a password', () => {
    const text = writeConfigText({ ...answers, target: 'postgres://app:s3cr3t@db/app' }, null)
    expect(text).not.toContain('s3cr3t')
    expect(text).toContain('target: postgres://app:${PGPASSWORD}@db/app')
  })

  test('lists the tables that were seen as comments, whatever their names hold', () => {
    const text = writeConfigText(answers, [{ name: 'evil\nschema: other', columns: ['a INT'] }])
    expect(text).toContain('# Tables of the source:')
    expect(ConfigFile.parse(parse(text))).toEqual({ source: 'app.db', schema: 'public' })
  })

  test('points editors to the published schema in its first line', () => {
    expect(writeConfigText(answers, null)).toMatch(/^# yaml-language-server: \$schema=\S+config\.schema\.json\n/)
  })
})
