import { expect, test } from 'vitest'
import { plannedColumn } from '../../../test/support/planned-tables.ts'
import { type SqliteValue, TextBytes } from '../../model/batch.ts'
import { buildConverter } from './values.ts'

const { conversion } = plannedColumn(['c', 'text', 'text'])
const convert = buildConverter({ ...conversion, asBase64: true })
const cell = {
  altered: () => {
    throw new Error('nothing is altered')
  },
  misfit: (reason: string) => {
    throw new Error(reason)
  },
}

test.each<[string, SqliteValue, string | null]>([
  ['bytes', Uint8Array.of(0, 255, 16), 'AP8Q'],
  ['a part of a larger buffer', new Uint8Array(Uint8Array.of(1, 2, 3, 4).buffer, 1, 2), 'AgM='],
  ['no bytes', new Uint8Array(0), ''],
  ['NULL', null, null],
  ['a text by its UTF-8', 'é', 'w6k='],
  ['an empty text', '', ''],
  ['an integer by its digits', 12n, 'MTI='],
  ['a real by its digits', 0.5, 'MC41'],
])('%s in base64', (_, value, text) => {
  expect(convert(value, cell)).toBe(text)
})

test('a text that is not valid by its own bytes, and long ones on one line', () => {
  const invalid = Object.assign(Object.create(TextBytes.prototype) as TextBytes, { bytes: Uint8Array.of(0xff, 0xfe) })
  expect(convert(invalid, cell)).toBe('//4=')
  expect(convert(new Uint8Array(300), cell)).toBe('A'.repeat(400))
})
