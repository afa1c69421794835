import { expect, test } from 'vitest'
import { migrate, type Report, RowferryError } from '../../src/index.ts'
import { exitCodeOf } from '../../src/errors/policy.ts'
import { givenFolder } from '../support/folders.ts'
import { givenDatabase, query } from '../support/postgres.ts'
import { givenSqlite } from '../support/sample-databases.ts'

type Refusal = { readonly exitCode: number; readonly code: string | undefined; readonly message: string }

const refusals: readonly (readonly [what: string, event: string, raise: string, message: RegExp])[] = [
  ['every command', 'ddl_command_start', `raise exception 'frozen'`, /public\.no\(\).*frozen/],
  [
    'schemas',
    `ddl_command_start when tag in ('CREATE SCHEMA')`,
    `raise 'x' using errcode = '55000'`,
    /public\.no\(\).*x/,
  ],
  ['tables', `ddl_command_end when tag in ('CREATE TABLE')`, `raise 'x' using errcode = '42P01'`, /public\.no\(\).*x/],
  ['indexes', `ddl_command_start when tag in ('CREATE INDEX')`, 'perform 1 / 0', /public\.no\(\).*division by zero/],
  ['missing tables', 'ddl_command_start', 'insert into audit values (1)', /public\.no\(\).*"audit" does not exist/],
]

test.each(refusals)(
  'an event trigger that refuses %s ends the transfer with exit 4',
  async (_, event, raise, message) => {
    await using target = await givenDatabase()
    await query(target.url, `create function no() returns event_trigger language plpgsql as $$ begin ${raise}; end $$`)
    await query(target.url, `create event trigger no on ${event} execute function no()`)
    const source = givenSqlite('create table a(id integer primary key, v text unique); insert into a values (1, null)')
    const found = await migrate({ source, target: target.url, cwd: givenFolder() }).then(fromReport, fromError)
    expect(found).toEqual({
      exitCode: 4,
      code: 'CATALOG_DDL_FAILED',
      message: expect.stringMatching(message) as string,
    })
  },
)

function fromReport({ exitCode, failure }: Report): Refusal {
  return { exitCode, code: failure?.code, message: failure?.message ?? '' }
}

function fromError(error: unknown): Refusal {
  if (!(error instanceof RowferryError)) throw error
  return { exitCode: exitCodeOf(error), code: error.code, message: error.message }
}
