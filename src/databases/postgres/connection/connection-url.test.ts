import { describe, expect, test } from 'vitest'
import { RowferryError } from '../../../errors/errors.ts'
import { type ConnectionUrl, parseConnectionUrl } from './connection-url.ts'

const none = {}

describe('parseConnectionUrl', () => {
  test.each<[string, Partial<ConnectionUrl>]>([
    [
      'postgres://me:pw@db.example.com:6543/app',
      { host: 'db.example.com', port: 6543, user: 'me', password: 'pw', database: 'app' },
    ],
    ['postgresql://me@h/app', { host: 'h', port: 5432, password: null, sslMode: 'prefer' }],
    ['POSTGRES://me@h/app', { host: 'h' }],
    ['  postgres://me@h/app\n', { host: 'h', database: 'app' }],
    ['postgres://me@h', { database: 'me' }],
    ['postgres://me@h/', { database: 'me' }],
    ['postgres://me@[2001:db8::1]:5433/app', { host: '2001:db8::1', port: 5433 }],
    ['postgres://a%40b:p%2Fw%3F@h/my%20db', { user: 'a@b', password: 'p/w?', database: 'my db' }],
    // As people paste them: special characters that were not encoded.
    ['postgres://me:p@ss#w0rd@h/app', { password: 'p@ss#w0rd', host: 'h' }],
    ['postgres://me:a:b@h/app', { password: 'a:b' }],
    ['postgres://%2Fvar%2Frun%2Fpg/app', { host: '/var/run/pg', database: 'app' }],
    ['postgres://me@/app?host=/tmp/sock&port=5433', { host: '/tmp/sock', port: 5433 }],
    ['postgres://h/app?user=me&password=x&dbname=other', { user: 'me', password: 'x', database: 'other' }],
    ['postgres://me@h/app?sslmode=require', { sslMode: 'require' }],
    ['postgres://me@h/app?sslmode=no-verify', { sslMode: 'require' }],
    ['postgres://me@h/app?ssl=true', { sslMode: 'require' }],
    ['postgres://me@h/app?sslrootcert=system', { sslMode: 'verify-full' }],
    ['postgres://me@h/app?connect_timeout=3&application_name=x', { connectTimeoutSeconds: 3, applicationName: 'x' }],
    ['postgres://me@ep-1.neon.tech/app?sslmode=require&channel_binding=require', { channelBinding: true, ignored: [] }],
    ['postgres://me@h/app?options=-c%20geqo%3Doff', { options: '-c geqo=off' }],
    [
      'postgres://me@h/app?schema=public&pgbouncer=true&connection_limit=1',
      { ignored: ['schema', 'pgbouncer', 'connection_limit'] },
    ],
    ['postgres://me@h/app?keepalives=1&target_session_attrs=any', { ignored: [] }],
  ])('%s', (url, expected) => {
    expect(parseConnectionUrl(url, none)).toMatchObject(expected)
  })

  test('what the URL leaves out comes from the PG* environment, and the URL wins', () => {
    const environment = {
      PGHOST: 'from-env',
      PGPORT: '6000',
      PGUSER: 'env-user',
      PGPASSWORD: 'env-secret',
      PGDATABASE: 'env-db',
      PGSSLMODE: 'verify-full',
      PGAPPNAME: 'env-app',
    }
    expect(parseConnectionUrl('postgres://', environment)).toMatchObject({
      host: 'from-env',
      port: 6000,
      user: 'env-user',
      password: 'env-secret',
      database: 'env-db',
      sslMode: 'verify-full',
      applicationName: 'env-app',
    })
    expect(parseConnectionUrl('postgres://me:pw@h:1/app?sslmode=disable', environment)).toMatchObject({
      host: 'h',
      port: 1,
      user: 'me',
      password: 'pw',
      database: 'app',
      sslMode: 'disable',
    })
  })

  test('the label has no password', () => {
    const url = parseConnectionUrl('postgres://me:s3cret@DB.Example.com/app?password=other', none)
    expect(url.label).toBe('postgres://me@db.example.com:5432/app')
  })

  test.each([
    ['mysql://me:s3cret@h/app', /is not a PostgreSQL URL/, /postgres:\/\/user:password@localhost/],
    ['app.db', /is not a PostgreSQL URL/, /postgres:\/\//],
    ['', /is empty/, /postgres:\/\//],
    ['jdbc:postgresql://h:5432/app', /is not a PostgreSQL URL/, /^Write postgres:\/\/h:5432\/app$/],
    ['postgresql+psycopg2://me:s3cret@h/app', /is not a PostgreSQL URL/, /^Write postgres:\/\/me@h\/app$/],
    ['postgres://me:s3cret@h:port/app', /no port number/, /%40/],
    ['postgres://h:99999/app', /the port 99999/, /postgres:\/\//],
    ['postgres://me:s3cret/x@h/app', /\/ or \? in its password/, /\/ as %2F/],
    ['postgres://me:s3cret%@h/app', /a % that is not followed/, /% as %25/],
    ['postgres://me:s3cret@h1,h2/app', /several hosts/, /postgres:\/\//],
    ['postgres://me:s3cret@h/app?sslmode=on', /sslmode=on; it is one of disable/, /postgres:\/\//],
    ['postgres://me:s3cret@h/app?sslmod=require', /sslmod \(did you mean sslmode\?\)/, /postgres:\/\//],
    ['postgres://me:s3cret@h/app?service=mine', /service files are not read/, /postgres:\/\//],
    ['postgres://me:s3cret@h/app?connect_timeout=soon', /number of seconds/, /postgres:\/\//],
  ])('%s is refused, without its password, and with what to write', (url, message, remedy) => {
    let error: unknown
    try {
      parseConnectionUrl(url, none)
    } catch (caught) {
      error = caught
    }
    expect(error).toBeInstanceOf(RowferryError)
    expect(error).toMatchObject({
      code: 'CONFIG_URL',
      message: expect.stringMatching(message),
      remedy: expect.stringMatching(remedy),
    })
    expect(JSON.stringify([String(error), (error as RowferryError).remedy])).not.toContain('s3cret')
  })
})
