import { readFile, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'

export type PasswordRequest = {
  readonly host: string
  readonly port: number
  readonly database: string
  readonly user: string
}

/**
 * The password from `.pgpass`, or null. Read here because the driver's own look-up prints a deprecation warning and knows
 * no `passfile=`. Format: https://www.postgresql.org/docs/current/libpq-pgpass.html
 */
export async function passwordFromFile(request: PasswordRequest, file: string | null): Promise<string | null> {
  const path = file ?? defaultFile()
  const found = await stat(path).catch(() => null)
  if (found === null || !found.isFile()) return null
  // libpq, too, ignores a file that others can read.
  if (process.platform !== 'win32' && (found.mode & 0o077) !== 0) return null
  return findPassword(await readFile(path, 'utf8'), request)
}

/** The password of the first line that fits; `*` fits anything, `\:` and `\\` are literal. */
export function findPassword(content: string, request: PasswordRequest): string | null {
  // A socket directory stands in the file as `localhost` or under its own name.
  const hosts = request.host.startsWith('/') ? [request.host, 'localhost'] : [request.host]
  for (const line of content.split(/\r?\n/)) {
    if (line.startsWith('#')) continue
    const [host, port, database, user, password] = splitFields(line)
    const fits = (field: string | undefined, value: string): boolean => field === '*' || field === value
    if (
      password !== undefined &&
      hosts.some((name) => fits(host, name)) &&
      fits(port, String(request.port)) &&
      fits(database, request.database) &&
      fits(user, request.user)
    ) {
      return password
    }
  }
  return null
}

function splitFields(line: string): string[] {
  const fields = ['']
  for (let at = 0; at < line.length; at++) {
    const escaped = line[at] === '\\' && at + 1 < line.length
    if (escaped) at++
    // A colon in the password, the fifth field, need not be escaped.
    if (line[at] === ':' && !escaped && fields.length < 5) fields.push('')
    else fields.push((fields.pop() ?? '') + line[at])
  }
  return fields
}

function defaultFile(): string {
  const named = process.env['PGPASSFILE']
  if (named !== undefined && named !== '') return named
  const roaming = process.env['APPDATA']
  return process.platform === 'win32' && roaming !== undefined
    ? join(roaming, 'postgresql', 'pgpass.conf')
    : join(homedir(), '.pgpass')
}
