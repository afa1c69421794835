import { describe, expect, test } from 'vitest'
import { databaseUrl, givenDatabase, pgVersion, query } from '../../../../test/support/postgres.ts'
import type { Finding } from '../../../model/report.ts'
import { connect } from './postgres-connection.ts'
import { checkTarget } from './postgres-preflight.ts'

const live = new AbortController().signal

async function findingsOf(url: string, schema = 'public'): Promise<Finding[]> {
  await using session = await connect(url, { signal: live, what: 'the target' })
  return await checkTarget(session, { schema, url })
}

const bad = (findings: Finding[]): string[] =>
  findings.filter((finding) => finding.level !== 'ok').map((finding) => `${finding.level}: ${finding.message}`)

/** Runs the body as an ordinary user of the database, who may do only what `grants` says. */
async function asUser(
  sql: (role: string) => string,
  body: (url: string, role: string) => Promise<void>,
): Promise<void> {
  await using db = await givenDatabase()
  const role = `user_${db.name}`
  await query(
    db.url,
    `create role ${role} login password 'x'; revoke all on database ${db.name} from public; grant connect on database ${db.name} to ${role}`,
  )
  try {
    await query(db.url, sql(role).replaceAll('DATABASE', db.name))
    await body(Object.assign(new URL(db.url), { username: role, password: 'x' }).href, role)
  } finally {
    await query(db.url, `drop owned by ${role} cascade; drop role ${role}`)
  }
}

describe('checkTarget', () => {
  test('finds nothing against an empty database of its owner', async () => {
    await using db = await givenDatabase()
    const findings = await findingsOf(db.url)
    expect(bad(findings)).toEqual([])
    expect(findings[0]?.message).toContain(`PostgreSQL ${await pgVersion(db.url)}`)
    expect(bad(await findingsOf(db.url, 'not there yet'))).toEqual([])
  })

  test('an ordinary user without rights learns what to grant', async () => {
    await asUser(
      (role) => `revoke all on schema public from public; grant usage on schema public to ${role}`,
      async (url, role) => {
        const findings = await findingsOf(url)
        expect(bad(findings)).toEqual([
          `error: User ${role} may not create tables in the schema public.`,
          `error: User ${role} may not create rowferry's own tables (schema rowferry), without which nothing can be resumed.`,
          expect.stringMatching(/^error: User .* may not create temporary tables/),
        ])
        expect(findings.some((finding) => finding.remedy === `grant create on schema "public" to "${role}";`)).toBe(
          true,
        )
        expect(bad(await findingsOf(url, 'missing'))[0]).toMatch(/^error: User .* may not create the schema missing/)
      },
    )
  })

  test('what it says to grant is enough', async () => {
    await asUser(
      (role) =>
        `grant create, temporary on database DATABASE to ${role}; grant usage, create on schema public to ${role}`,
      async (url) => {
        expect(bad(await findingsOf(url))).toEqual([])
        expect(bad(await findingsOf(url, 'missing'))).toEqual([])
      },
    )
  })

  test('no right to create tables is only a warning where there are tables to load into', async () => {
    await asUser(
      (role) => `create table t (x int); grant insert on t to ${role}; revoke create on schema public from public;
        grant usage on schema public to ${role}; grant create, temporary on database DATABASE to ${role}`,
      async (url) => {
        expect(bad(await findingsOf(url))).toEqual([expect.stringMatching(/^warning: .* may not create tables/)])
      },
    )
  })

  test('a read-only database is an error', async () => {
    await using db = await givenDatabase()
    await query(db.url, `alter database ${db.name} set default_transaction_read_only = on`)
    expect(bad(await findingsOf(db.url))).toEqual([expect.stringMatching(/^error: The target is read-only/)])
  })

  test('another encoding than UTF8 is an error', async () => {
    await using db = await givenDatabase()
    const name = `${db.name}_latin`
    await query(db.url, `create database ${name} encoding 'LATIN1' locale 'C' template template0`)
    expect(bad(await findingsOf(databaseUrl(name)))).toEqual([expect.stringContaining('has the encoding LATIN1')])
    await query(db.url, `drop database ${name}`)
  })

  test('parameters of the URL that were not used are named', async () => {
    await using db = await givenDatabase()
    const findings = await findingsOf(`${db.url}?schema=app&connection_limit=5`)
    expect(findings.at(-1)?.message).toContain('schema, connection_limit')
    expect(bad(findings)).toEqual([])
  })
})
