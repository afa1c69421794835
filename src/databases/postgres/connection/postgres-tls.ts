import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { getCACertificates, rootCertificates, type ConnectionOptions } from 'node:tls'
import { RowferryError } from '../../../errors/errors.ts'
import type { ConnectionUrl } from './connection-url.ts'
import { codeOf } from '../postgres-errors.ts'

/**
 * What libpq would try, in its order: https://www.postgresql.org/docs/current/libpq-ssl.html
 * `false` is a connection without encryption.
 */
export function tlsAttempts(url: ConnectionUrl): (false | ConnectionOptions)[] {
  if (url.host.startsWith('/') || url.sslMode === 'disable') return [false]
  const unverified: ConnectionOptions = { ...clientCertificate(url), rejectUnauthorized: false }
  const root = rootCertificate(url)
  switch (url.sslMode) {
    case 'allow':
      return [false, unverified]
    case 'prefer':
      return url.sslDirect ? [unverified] : [unverified, false]
    case 'require':
      // With a root certificate at hand, `require` checks the chain, as libpq does.
      return [root === null ? unverified : { ...clientCertificate(url), ca: root, checkServerIdentity: acceptAnyName }]
    case 'verify-ca':
      return [{ ...clientCertificate(url), ca: root ?? knownAuthorities(), checkServerIdentity: acceptAnyName }]
    case 'verify-full':
      return [{ ...clientCertificate(url), ca: root ?? knownAuthorities() }]
  }
}

/** The server said that it has no TLS; what else goes wrong with TLS says nothing about the next connection. */
export function hasNoTls(error: unknown): boolean {
  return error instanceof Error && error.message.includes('server does not support SSL')
}

/** The server has no TLS, or its pg_hba.conf wants the other kind of connection (28000): then libpq tries the other kind. */
export function wantsOtherTls(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if (/server does not support SSL|error establishing an SSL connection/.test(error.message)) return true
  const code = codeOf(error) ?? ''
  return code === '28000' || code === 'EPROTO' || code.startsWith('ERR_SSL')
}

/** The server's certificate was not accepted. */
export function isCertificateError(error: unknown): boolean {
  return /CERT|ERR_TLS|UNABLE_TO_|SELF_SIGNED/.test(codeOf(error) ?? '')
}

function acceptAnyName(): undefined {
  return undefined
}

function rootCertificate(url: ConnectionUrl): string | string[] | null {
  const named = url.sslFiles.rootCertificate
  if (named === 'system') return knownAuthorities()
  if (named !== null) return readNamed(named, 'root certificate')
  const usual = join(homedir(), '.postgresql', 'root.crt')
  return existsSync(usual) ? readNamed(usual, 'root certificate') : null
}

function clientCertificate(url: ConnectionUrl): Pick<ConnectionOptions, 'cert' | 'key'> {
  const certificate = url.sslFiles.certificate ?? usualFile('postgresql.crt')
  const key = url.sslFiles.key ?? usualFile('postgresql.key')
  if (certificate === null || key === null) return {}
  return { cert: readNamed(certificate, 'client certificate'), key: readNamed(key, 'key') }
}

function usualFile(name: string): string | null {
  const path = join(homedir(), '.postgresql', name)
  return existsSync(path) ? path : null
}

/** The authorities of the machine and those that Node brings. */
function knownAuthorities(): string[] {
  return [...new Set([...rootCertificates, ...getCACertificates('system')])]
}

function readNamed(path: string, what: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new RowferryError('CONFIG_URL', {
      message: `The ${what} ${path} that the connection URL names cannot be read.`,
      remedy: 'Correct its path in the URL (sslrootcert=, sslcert=, sslkey=).',
      cause,
    })
  }
}
