import { expect, test } from 'vitest'
import { givenDatabase, query } from '../../../test/support/postgres.ts'
import { isPrintable } from '../../util/printable.ts'
import { printableSql } from './printable-sql.ts'

const statements = [
  `select 'a\u001b[31m\nDONE: b''c\\d\u202e' as v`,
  `select E'a\\\u001b\\n\u0007\\\\\u202e''\u{e0041}' as v`,
  `select 1 as "x\u001b""y\\z\n\u{e0041}\u2028"`,
  "select $q$a\u001b$ '\\$q$ as v, $$\u200b$$ as w",
  `select 1 -- a comment\u001b\r\n + 2 as v /* another\u202e */, 3 as w`,
  `select 'plain' as "p",\t'- -- no comment \u0001' as v\r\n;`,
  `select date'2024-01-01' as "e'\u200b'", 'e' || e'\u200b' as v`,
]

test('statements mean the same in characters that are seen', async () => {
  await using database = await givenDatabase()
  for (const sql of statements) {
    const shown = printableSql(sql)
    expect(isPrintable(shown.replaceAll(/[\n\t]/g, '')), sql).toBe(true)
    expect(shown).not.toContain('\nDONE')
    const [row] = await query(database.url, sql)
    expect(row).toBeDefined()
    expect((await query(database.url, shown))[0]).toEqual(row)
  }
})
