import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { givenFolder } from './support/folders.ts'

const executable = fileURLToPath(new URL('../bin/rowferry.js', import.meta.url))

function printVersion(environment: Readonly<Record<string, string>>): string {
  const { PATH = '' } = process.env
  return execFileSync(process.execPath, [executable, '--version'], { env: { PATH, ...environment }, encoding: 'utf8' })
}

describe('what V8 made of the modules', () => {
  test("is kept in the user's own cache folder, and nowhere that others may write to", () => {
    const [home, temporary] = [givenFolder(), givenFolder()]
    for (let run = 0; run < 2; run++) expect(printVersion({ HOME: home, TMPDIR: temporary })).toContain('rowferry')
    expect(readdirSync(join(home, '.cache', 'rowferry', 'compiled')).length).toBe(1)
    expect(readdirSync(temporary)).toEqual([])
  })

  test.each([
    ['XDG_CACHE_HOME', ['rowferry', 'compiled']],
    ['NODE_COMPILE_CACHE', []],
  ])('is kept where %s says', (variable, below) => {
    const [home, chosen] = [givenFolder(), givenFolder()]
    printVersion({ HOME: home, [variable]: chosen })
    expect(readdirSync(join(chosen, ...below)).length).toBe(1)
    expect(existsSync(join(home, '.cache'))).toBe(false)
  })

  test('is not kept where the folder cannot be made, and nobody is troubled with that', () => {
    const file = join(givenFolder(), 'file')
    writeFileSync(file, '')
    expect(printVersion({ HOME: file })).toContain('rowferry')
    expect(printVersion({ HOME: givenFolder(), NODE_DISABLE_COMPILE_CACHE: '1' })).toContain('rowferry')
  })
})
