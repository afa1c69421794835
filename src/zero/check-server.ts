import type { Client } from 'pg'
import { quoteIdentifier } from '../databases/postgres/identifiers.ts'
import type { Finding } from '../model/report.ts'
import type { ZeroSettings } from '../model/zero.ts'
import { examineServer } from './examine/examine-server.ts'
import { readServerFacts } from './examine/read-facts.ts'

/**
 * What the server is wanting for Zero, before anything is loaded. Rows can be carried whatever its settings are, so these
 * are warnings; a server too old for column lists is an error, since the publication could not be made.
 */
export async function checkServerForZero(client: Client, settings: ZeroSettings): Promise<Finding[]> {
  const facts = await readServerFacts(client)
  if (facts === undefined) return []
  const found = examineServer(facts, settings).map(({ condition, object, effect, remedy }): Finding => ({
    level: condition === 'server-version' ? 'error' : 'warning',
    message: `For Zero, the ${object}: ${effect}`,
    remedy,
  }))
  return [...found, ...(await checkPublicationRight(client, settings))]
}

/** Not to be found out after hours of loading. */
async function checkPublicationRight(client: Client, { publication }: ZeroSettings): Promise<Finding[]> {
  if (publication === null) return []
  const { rows } = await client.query<{ role: string; database: string; owner: string | null; may: string }>(
    `select current_user as role, current_database() as database, pg_catalog.pg_get_userbyid(p.pubowner) as owner,
       case when p.oid is null then pg_catalog.has_database_privilege(current_database(), 'create')
            else pg_catalog.pg_has_role(p.pubowner, 'usage') end as may
     from (select $1::text as name) wanted left join pg_catalog.pg_publication p on p.pubname = wanted.name`,
    [publication],
  )
  const [facts] = rows
  if (facts === undefined || facts.may !== 'f') return []
  const { role, database, owner } = facts
  if (owner !== null) {
    const message = `The publication ${publication} belongs to ${owner}, and user ${role} may not change it.`
    return [
      {
        level: 'error',
        message,
        remedy: `alter publication ${quoteIdentifier(publication)} owner to ${quoteIdentifier(role)}; or name another one: zero: {publication: …}`,
      },
    ]
  }
  const message = `User ${role} may not make the publication ${publication} in database ${database}.`
  return [
    {
      level: 'error',
      message,
      remedy: `grant create on database ${quoteIdentifier(database)} to ${quoteIdentifier(role)};`,
    },
  ]
}
