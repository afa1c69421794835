import { existsSync } from 'node:fs'
import { userInfo } from 'node:os'
import { RowferryError } from '../../../errors/errors.ts'
import { nearest } from '../../../util/nearest.ts'
import { maskUrl } from '../../../util/secrets.ts'

/** With libpq's meaning, which pg 8 does not give them: there, `require` and `prefer` mean verify-full. */
const sslModes = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const
export type SslMode = (typeof sslModes)[number]

export type ConnectionUrl = {
  /** A host name or address, or the directory of a unix socket (starts with `/`). */
  readonly host: string
  readonly port: number
  readonly user: string
  readonly database: string
  /** Null: to be looked for in the password file when the server asks. */
  readonly password: string | null
  readonly passwordFile: string | null
  readonly sslMode: SslMode
  readonly sslFiles: {
    readonly rootCertificate: string | null
    readonly certificate: string | null
    readonly key: string | null
  }
  readonly sslDirect: boolean
  readonly channelBinding: boolean
  readonly connectTimeoutSeconds: number | null
  /** Command-line options for the server, as in `options=-c geqo=off`. */
  readonly options: string | null
  readonly applicationName: string | null
  /** For people: `postgres://user@host:5432/database`, without password. */
  readonly label: string
  /** Parameters of the URL that belong to other tools (`schema`, `pgbouncer`, `connection_limit` …) and were not used. */
  readonly ignored: readonly string[]
}

type Environment = Readonly<Record<string, string | undefined>>

const usedParameters = new Set([
  'host',
  'hostaddr',
  'port',
  'user',
  'dbname',
  'password',
  'passfile',
  'sslmode',
  'ssl',
  'sslrootcert',
  'sslcert',
  'sslkey',
  'sslnegotiation',
  'channel_binding',
  'connect_timeout',
  'options',
  'application_name',
])

/** libpq's, without effect here: a default of ours does the same, or the driver has no such thing. */
const knownParameters = new Set([
  'client_encoding',
  'fallback_application_name',
  'gssencmode',
  'gssdelegation',
  'gsslib',
  'krbsrvname',
  'keepalives',
  'keepalives_count',
  'keepalives_idle',
  'keepalives_interval',
  'load_balance_hosts',
  'max_protocol_version',
  'min_protocol_version',
  'require_auth',
  'requirepeer',
  'ssl_max_protocol_version',
  'ssl_min_protocol_version',
  'sslcertmode',
  'sslcompression',
  'sslsni',
  'target_session_attrs',
  'tcp_user_timeout',
  'uselibpqcompat',
])

/** What would change the server, the user or the safety of the connection and is not understood. */
const refusedParameters = new Map([
  ['service', 'service files are not read'],
  ['servicefile', 'service files are not read'],
  ['sslpassword', 'keys with a passphrase are not supported'],
  ['sslcrl', 'revocation lists are not supported'],
  ['sslcrldir', 'revocation lists are not supported'],
  ['replication', 'a replication connection cannot run SQL'],
])

/**
 * Understands what people paste: `postgres://` and `postgresql://` with libpq's parameters, and the PG* environment for
 * what is missing. Throws CONFIG_URL for anything else. https://www.postgresql.org/docs/current/libpq-connect.html
 */
export function parseConnectionUrl(text: string, environment: Environment = process.env): ConnectionUrl {
  const url = text.trim()
  const rest = /^postgres(?:ql)?:\/\/(.*)$/is.exec(url)?.[1]
  if (rest === undefined) throw notPostgres(url)
  const parts = splitUrl(rest, url)
  const parameters = parseParameters(parts.query, url)
  const given = (parameter: string, variable: string, inUrl: string | null = null): string | null =>
    nonEmpty(parameters.get(parameter)) ?? nonEmpty(inUrl) ?? nonEmpty(environment[variable])

  const user = given('user', 'PGUSER', parts.user) ?? systemUser()
  const database = given('dbname', 'PGDATABASE', parts.database) ?? user
  const port = parsePort(given('port', 'PGPORT', parts.port) ?? '5432', url)
  const host = given('hostaddr', 'PGHOSTADDR') ?? given('host', 'PGHOST', parts.host) ?? localServer(port)
  if (host.includes(',')) throw badUrl(url, `names several hosts (${host}); rowferry connects to one`)
  const place = host.startsWith('/')
    ? `${host}:${port}`
    : `${host.includes(':') ? `[${host}]` : host}:${port}`.toLowerCase()

  return {
    host,
    port,
    user,
    database,
    password: given('password', 'PGPASSWORD', parts.password),
    passwordFile: given('passfile', 'PGPASSFILE'),
    sslMode: parseSslMode(parameters, environment, url),
    sslFiles: {
      rootCertificate: given('sslrootcert', 'PGSSLROOTCERT'),
      certificate: given('sslcert', 'PGSSLCERT'),
      key: given('sslkey', 'PGSSLKEY'),
    },
    sslDirect: given('sslnegotiation', 'PGSSLNEGOTIATION') === 'direct',
    channelBinding: given('channel_binding', 'PGCHANNELBINDING') === 'require',
    connectTimeoutSeconds: parseSeconds(given('connect_timeout', 'PGCONNECT_TIMEOUT'), url),
    options: given('options', 'PGOPTIONS'),
    applicationName: given('application_name', 'PGAPPNAME'),
    label: `postgres://${encodeURIComponent(user)}@${host.startsWith('/') ? encodeURIComponent(host) : ''}${host.startsWith('/') ? `:${port}` : place}/${database}`,
    ignored: [...parameters.keys()].filter((name) => !usedParameters.has(name) && !knownParameters.has(name)),
  }
}

type UrlParts = {
  readonly user: string | null
  readonly password: string | null
  readonly host: string | null
  readonly port: string | null
  readonly database: string | null
  readonly query: string
}

/** By hand, since `new URL` stops at `#` and `?`, which stand in passwords as people paste them. */
function splitUrl(rest: string, url: string): UrlParts {
  const head = /^[^/?]*/.exec(rest)?.[0] ?? ''
  // The last @ ends the password, even one with an @ in it that was not encoded.
  const login = head.includes('@') ? head.slice(0, head.lastIndexOf('@')) : null
  const place = login === null ? head : head.slice(login.length + 1)
  const colon = login?.indexOf(':') ?? -1
  const [, host, port] = /^(\[[^\]]*\]|[^:]*)(?::(.*))?$/s.exec(place) ?? []
  if (host === undefined) throw badUrl(url, `has the host ${place}; an IPv6 address stands in brackets`)
  const [path, query] = splitOnce(rest.slice(head.length), '?')
  if (login === null && path.includes('@')) throw badUrl(url, 'has a / or ? in its password')
  const decode = (part: string | null): string | null => (part === null ? null : decodePart(part, url))
  return {
    user: decode(login === null ? null : colon < 0 ? login : login.slice(0, colon)),
    password: decode(login === null || colon < 0 ? null : login.slice(colon + 1)),
    host: decode(host.replace(/^\[(.*)\]$/, '$1')),
    port: port ?? null,
    database: decode(path.slice(1)),
    query,
  }
}

function parseParameters(query: string, url: string): Map<string, string> {
  const parameters = new Map<string, string>()
  for (const pair of query.split('&').filter((part) => part !== '')) {
    const [rawName, rawValue] = splitOnce(pair, '=')
    const name = decodePart(rawName, url)
    const refusal = refusedParameters.get(name)
    if (refusal !== undefined) throw badUrl(url, `has the parameter ${name}: ${refusal}`)
    const known = usedParameters.has(name) || knownParameters.has(name)
    const meant = known ? null : nearest(name, usedParameters)
    if (meant !== null) throw badUrl(url, `has the unknown parameter ${name} (did you mean ${meant}?)`)
    parameters.set(name, decodePart(rawValue, url))
  }
  return parameters
}

function parseSslMode(parameters: ReadonlyMap<string, string>, environment: Environment, url: string): SslMode {
  const ssl = parameters.get('ssl')
  const implied = ssl === undefined ? null : ['true', '1', 'no-verify'].includes(ssl) ? 'require' : 'disable'
  const named = nonEmpty(parameters.get('sslmode')) ?? implied ?? nonEmpty(environment['PGSSLMODE'])
  if (named === null) return parameters.get('sslrootcert') === 'system' ? 'verify-full' : 'prefer'
  // The driver's own word for an encrypted connection to a server that is not verified.
  if (named === 'no-verify') return 'require'
  const mode = sslModes.find((candidate) => candidate === named)
  if (mode === undefined) throw badUrl(url, `has sslmode=${named}; it is one of ${sslModes.join(', ')}`)
  return mode
}

function parsePort(text: string, url: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0
  if (port >= 1 && port <= 65535) return port
  // A password with a / or # in it ends up here.
  throw badUrl(url, url.includes('@') ? 'has no port number after the host' : `has the port ${text}`)
}

function parseSeconds(text: string | null, url: string): number | null {
  if (text === null) return null
  if (!/^-?\d{1,6}$/.test(text)) throw badUrl(url, `has connect_timeout=${text}; it is a number of seconds`)
  return Number(text)
}

function decodePart(text: string, url: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw badUrl(url, 'has a % that is not followed by two hexadecimal digits')
  }
}

/** libpq's default: the unix socket of a server on this machine, where there is one. */
function localServer(port: number): string {
  const directory = ['/var/run/postgresql', '/tmp'].find((path) => existsSync(`${path}/.s.PGSQL.${port}`))
  return directory ?? 'localhost'
}

function systemUser(): string {
  try {
    return userInfo().username
  } catch {
    return 'postgres' // a container's user without a name
  }
}

const example = 'postgres://user:password@localhost:5432/database'

function notPostgres(url: string): RowferryError {
  // jdbc:postgresql://…, postgresql+psycopg2://… : the same URL under another name.
  const rest = /^(?:jdbc:)?postgres(?:ql)?(?:\+\w+)?:(\/\/.+)$/is.exec(url)?.[1]
  return new RowferryError('CONFIG_URL', {
    message: url === '' ? 'The URL of the PostgreSQL database is empty.' : `${showUrl(url)} is not a PostgreSQL URL.`,
    remedy: rest === undefined ? `Write it like ${example}` : `Write ${maskUrl(`postgres:${rest}`)}`,
  })
}

function badUrl(url: string, fault: string): RowferryError {
  return new RowferryError('CONFIG_URL', {
    message: `The URL ${showUrl(url)} ${fault}.`,
    remedy: `Write it like ${example}; in user and password write @ as %40, / as %2F, ? as %3F, # as %23, % as %25.`,
  })
}

/** Faulty URLs need not follow the form by which `maskUrl` finds the password: everything before the last @ goes. */
function showUrl(url: string): string {
  const at = url.lastIndexOf('@')
  const scheme = /^[a-z][a-z0-9+.:-]*:\/\//i.exec(url)?.[0] ?? ''
  return maskUrl(at < 0 ? url : `${scheme}***@${url.slice(at + 1)}`).slice(0, 200)
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator)
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + separator.length)]
}

function nonEmpty(text: string | null | undefined): string | null {
  return text === undefined || text === '' ? null : text
}
