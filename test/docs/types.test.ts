import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { convertedTypes } from '../../src/mapping/sqlite-to-postgres/printed/printed-type.ts'

test('every type that a converter writes has its row in the table of treatments', () => {
  const page = readFileSync(new URL('../../docs/design/type-mapping.md', import.meta.url), 'utf8')
  const rows = page.split('\n').filter((line) => line.includes('| converted |'))
  const missing = convertedTypes.filter((type) => !rows.some((row) => row.includes(`\`${type}\``)))
  expect(missing).toEqual([])
})
