import type { Client } from 'pg'
import type { ZeroFinding } from '../../model/zero.ts'
import { withTransaction } from '../../databases/postgres/connection/postgres-connection.ts'
import { messageOf } from '../../databases/postgres/postgres-errors.ts'

export type ZeroFix = {
  readonly finding: ZeroFinding
  /** Why PostgreSQL refused the fix; null: it is done. */
  readonly error: string | null
}

export type FixOptions = {
  readonly signal: AbortSignal
  /** How long a fix waits for others who use the table. Default 10,000: whoever waits keeps everybody out who comes after. */
  readonly lockTimeoutMs?: number
  readonly onFix?: (fix: ZeroFix) => void
}

/**
 * Runs the fixes of those findings that have one, each in a transaction of its own, and tells of each. One that is refused is
 * tried again as long as others succeed: an unlogged table becomes logged only after those that it refers to.
 */
export async function fixFindings(
  client: Client,
  findings: readonly ZeroFinding[],
  { signal, onFix, lockTimeoutMs = 10_000 }: FixOptions,
): Promise<ZeroFix[]> {
  const fixes: ZeroFix[] = []
  const report = (fix: ZeroFix): void => {
    fixes.push(fix)
    onFix?.(fix)
  }
  let waiting: readonly Fixable[] = findings.filter(isFixable)
  while (waiting.length > 0) {
    const refused: { readonly finding: Fixable; readonly error: string }[] = []
    for (const finding of waiting) {
      signal.throwIfAborted()
      const error = await tryFix(client, finding.fix, lockTimeoutMs)
      signal.throwIfAborted()
      if (error === null) report({ finding, error })
      else refused.push({ finding, error })
    }
    if (refused.length === waiting.length) for (const fix of refused) report(fix)
    waiting = refused.length === waiting.length ? [] : refused.map(({ finding }) => finding)
  }
  return fixes
}

type Fixable = ZeroFinding & { readonly fix: string }

function isFixable(finding: ZeroFinding): finding is Fixable {
  return finding.fix !== null
}

async function tryFix(client: Client, sql: string, lockTimeoutMs: number): Promise<string | null> {
  try {
    await withTransaction(client, async () => {
      await client.query(`set local lock_timeout = ${lockTimeoutMs}`)
      await client.query(sql)
    })
    return null
  } catch (error) {
    if (!isRefusal(error)) throw error
    return messageOf(error)
  }
}

/** PostgreSQL has answered with a code of its own; anything else means that the connection is lost. */
function isRefusal(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && !/^(08|57)/.test(code)
}
