import { DatabaseSync } from 'node:sqlite'
import { Client } from 'pg'

/** As the sqlite3 shell does: double-quoted strings are allowed, keys are not enforced, the schema may be written to. */
export function makeDatabase(path: string, script: string): void {
  const db = new DatabaseSync(path, {
    enableDoubleQuotedStringLiterals: true,
    enableForeignKeyConstraints: false,
    defensive: false,
  })
  try {
    db.exec(script)
  } finally {
    db.close()
  }
}

/** Rows of the last statement, every value as PostgreSQL's text. */
export async function query(url: string, sql: string): Promise<(string | null)[][]> {
  const client = new Client({ connectionString: url, types: { getTypeParser: () => (text: unknown) => text } })
  await client.connect()
  try {
    const result = await client.query<(string | null)[]>({ text: sql, rowMode: 'array' })
    // Several statements give several results, which the driver's types do not know.
    const last = Array.isArray(result) ? (result as (typeof result)[]).at(-1) : result
    return last?.rows ?? []
  } finally {
    await client.end()
  }
}

/** An empty database on the server; dropped when disposed. */
export async function givenDatabase(
  serverUrl: string,
  wanted: string,
): Promise<{ readonly url: string } & AsyncDisposable> {
  const name = `c_${wanted.toLowerCase().replaceAll(/[^a-z0-9]/g, '_')}`.slice(0, 60)
  const drop = `drop database if exists ${name} with (force)`
  await query(serverUrl, drop)
  await query(serverUrl, `create database ${name}`)
  const url = new URL(serverUrl)
  url.pathname = `/${name}`
  return {
    url: url.href,
    [Symbol.asyncDispose]: async () => {
      await query(serverUrl, drop)
    },
  }
}
