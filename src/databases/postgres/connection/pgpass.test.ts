import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { findPassword, passwordFromFile } from './pgpass.ts'

const request = { host: 'db.example.com', port: 5432, database: 'app', user: 'me' }

describe('.pgpass', () => {
  test.each([
    ['db.example.com:5432:app:me:secret', 'secret'],
    ['*:*:*:*:any', 'any'],
    ['*:5433:*:*:wrong\n*:*:app:*:right\n*:*:*:*:late', 'right'],
    ['# *:*:*:*:comment\r\n*:*:*:me:windows\r\n', 'windows'],
    ['*:*:*:me:a\\:b\\\\c', 'a:b\\c'],
    ['*:*:*:me:a:b', 'a:b'],
    ['*:*:*:you:x', null],
    ['*:*:*:me', null],
    ['', null],
  ])('%j', (content, password) => {
    expect(findPassword(content, request)).toBe(password)
  })

  test('a unix socket is found as localhost or by its directory', () => {
    const socket = { ...request, host: '/run/pg' }
    expect(findPassword('localhost:*:*:*:one', socket)).toBe('one')
    expect(findPassword('/run/pg:*:*:*:two', socket)).toBe('two')
  })

  test('a file that others can read is not used, nor one that is missing', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'rowferry-pgpass-'))
    const file = join(folder, 'pgpass')
    await writeFile(file, '*:*:*:*:secret\n', { mode: 0o600 })
    expect(await passwordFromFile(request, file)).toBe('secret')
    await chmod(file, 0o644)
    expect(await passwordFromFile(request, file)).toBe(null)
    expect(await passwordFromFile(request, join(folder, 'missing'))).toBe(null)
    await rm(folder, { recursive: true })
  })
})
