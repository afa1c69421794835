import { describe, expect, test } from 'vitest'
import { RowferryError } from '../../errors/errors.ts'
import { isConnectionFailure, isDataError, messageOf, translatePostgresError } from './postgres-errors.ts'

const coded = (code: string, message = 'it failed'): Error => Object.assign(new Error(message), { code })
const scene = { target: 'postgres://me@h:5432/app', doing: 'loading users' }

describe('errors of PostgreSQL', () => {
  test.each([
    ['28P01', 'CONNECT_TARGET_PASSWORD'],
    ['28000', 'CONNECT_TARGET_PASSWORD'],
    ['3D000', 'CONNECT_TARGET_NO_DATABASE'],
    ['42501', 'CATALOG_PERMISSION'],
    ['53100', 'CATALOG_DISK_FULL'],
    ['57P01', 'CONNECT_TARGET_LOST'],
    ['57P02', 'CONNECT_TARGET_LOST'],
    ['08006', 'CONNECT_TARGET_LOST'],
    ['ECONNRESET', 'CONNECT_TARGET_LOST'],
  ])('%s becomes %s', (code, expected) => {
    const error = translatePostgresError(coded(code), scene)
    expect(error).toBeInstanceOf(RowferryError)
    expect(error).toMatchObject({
      code: expected,
      message: expect.stringContaining('it failed'),
      remedy: expect.stringMatching(/\w/),
    })
  })

  test.each(['23505', '42P01', '40001', '57014', 'ERR_ASSERTION'])(
    '%s has no such meaning and stays as it is',
    (code) => {
      const error = coded(code)
      expect(translatePostgresError(error, scene)).toBe(error)
    },
  )

  test('a refusal in the schema of a zero-cache names the grants', () => {
    const refused = coded('42501', 'permission denied for schema zero_0')
    expect(translatePostgresError(refused, scene)).toMatchObject({
      code: 'CATALOG_PERMISSION',
      message: expect.stringContaining('A Zero watches postgres://me@h:5432/app'),
      remedy:
        'grant usage on schema zero_0 to me; grant select, insert, update, delete on all tables in schema zero_0 to me;',
    })
    expect(translatePostgresError(coded('42501', 'permission denied for schema app'), scene)).toMatchObject({
      remedy: expect.stringContaining('owner of the tables'),
    })
  })

  test('a translated error is not translated again', () => {
    const error = translatePostgresError(coded('53100'), scene)
    expect(translatePostgresError(error, scene)).toBe(error)
  })

  test.each(['22P02', '22003', '22P05', '23502', '23505', '23514', '23P01', 'P0001', '54000', '44000'])(
    '%s is the fault of a row',
    (code) => expect(isDataError(coded(code))).toBe(true),
  )

  test.each(['42P01', '42501', '53100', '53200', '57014', '40P01', '08006', 'ENOENT', '25P02'])(
    '%s is not the fault of a row',
    (code) => expect(isDataError(coded(code))).toBe(false),
  )

  test.each([
    coded('57P03'),
    coded('53300'),
    coded('ENOTFOUND'),
    new Error('Connection terminated unexpectedly'),
    new Error('timeout expired'),
    new AggregateError([coded('ECONNREFUSED'), coded('ECONNREFUSED')]),
  ])('%s may go away on another attempt', (error) => expect(isConnectionFailure(error)).toBe(true))

  test.each([coded('28P01'), coded('3D000'), coded('23505'), new Error('boom'), null, 'text'])(
    '%s does not go away on another attempt',
    (error) => expect(isConnectionFailure(error)).toBe(false),
  )

  test('several attempts in parallel give one message', () => {
    const error = new AggregateError([
      new Error('connect ECONNREFUSED ::1:9'),
      new Error('connect ECONNREFUSED 127.0.0.1:9.'),
    ])
    expect(messageOf(error)).toBe('connect ECONNREFUSED ::1:9; connect ECONNREFUSED 127.0.0.1:9')
  })
})
