import { randomBytes } from 'node:crypto'
import { Client } from 'pg'
import { inject } from 'vitest'

export type GivenDatabase = { readonly url: string; readonly name: string } & AsyncDisposable

/** An empty database of its own, on the server that `postgres-server.ts` started: `await using db = await givenDatabase()`. */
export async function givenDatabase(): Promise<GivenDatabase> {
  const name = `t_${process.env['VITEST_POOL_ID'] ?? '0'}_${randomBytes(5).toString('hex')}`
  const server = inject('postgresUrl')
  // Copying files is twice as fast as logging them; PostgreSQL 15 brought the choice.
  const strategy = (await pgVersion(server)) >= 15 ? ' strategy file_copy' : ''
  await query(server, `create database ${name}${strategy}`)
  return {
    url: databaseUrl(name),
    name,
    [Symbol.asyncDispose]: async () => {
      await query(server, `drop database if exists ${name} with (force)`)
    },
  }
}

/** URL of another database on the same server. */
export function databaseUrl(name: string): string {
  const url = new URL(inject('postgresUrl'))
  url.pathname = `/${name}`
  return url.href
}

export type TextRow = Record<string, string | null>

/** Runs SQL over a connection of its own; rows of the last statement, every value as PostgreSQL's text. */
export async function query(url: string, sql: string, values?: readonly unknown[]): Promise<TextRow[]> {
  const client = new Client({ connectionString: url, types: { getTypeParser: () => (text: unknown) => text } })
  client.on('error', () => undefined)
  await client.connect()
  try {
    const result = await client.query<TextRow>(sql, values === undefined ? undefined : [...values])
    // Several statements give several results, which the driver's types do not know.
    const last = Array.isArray(result) ? (result as (typeof result)[]).at(-1) : result
    return last?.rows ?? []
  } finally {
    await client.end()
  }
}

const versions = new Map<string, number>()

/** The server's major version, e.g. 18. */
export async function pgVersion(url: string): Promise<number> {
  const { host } = new URL(url)
  const known = versions.get(host)
  if (known !== undefined) return known
  const [row] = await query(url, 'show server_version_num')
  const version = Math.floor(Number(row?.['server_version_num']) / 10_000)
  versions.set(host, version)
  return version
}
