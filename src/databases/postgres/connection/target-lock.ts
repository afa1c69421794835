import type { Client } from 'pg'
import { RowferryError } from '../../../errors/errors.ts'

/**
 * Keeps other transfers out of a schema of the target for as long as the client's session lives: a killed process lets
 * go by itself. Throws JOB_RUNNING. The schema need not exist, and nothing is written.
 */
export async function lockTarget(client: Client, schema: string): Promise<void> {
  const { rows } = await client.query<{ taken: string }>(
    'select pg_try_advisory_lock(hashtextextended($1, 0))::int as taken',
    [lockName(schema)],
  )
  if (Number(rows[0]?.taken) === 1) return
  throw new RowferryError('JOB_RUNNING', {
    message: `Another transfer into the schema ${JSON.stringify(schema)} of this target is running.`,
    remedy: 'Wait until it has ended, or load into another schema: --schema another_name',
  })
}

export async function unlockTarget(client: Client, schema: string): Promise<void> {
  await client.query('select pg_advisory_unlock(hashtextextended($1, 0))', [lockName(schema)])
}

function lockName(schema: string): string {
  return `rowferry transfer into ${schema}`
}
