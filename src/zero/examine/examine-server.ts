import type { ZeroFinding, ZeroSettings } from '../../model/zero.ts'
import { quoteIdentifier } from '../../databases/postgres/identifiers.ts'
import { finding } from './conditions.ts'
import type { ServerFacts } from './read-facts.ts'

/** zero-cache opens up to 60 by default: upstream 20, clients' views 30, change log 5, copying 5. */
const wantedConnections = 60

/** What the server, its settings and our role are wanting. A zero-cache that is attached has its slot and connections. */
export function examineServer(facts: ServerFacts, settings: ZeroSettings): ZeroFinding[] {
  return [
    ...examineVersion(facts),
    ...examineWalLevel(facts),
    ...(facts.attached ? [] : [...examineSlots(facts), ...examineSenders(facts), ...examineConnections(facts)]),
    ...examineRole(facts, settings),
  ]
}

function examineVersion({ version, versionNumber }: ServerFacts): ZeroFinding[] {
  if (versionNumber >= 150_000) return []
  return [
    finding('server-version', {
      object: 'server',
      effect: `zero-cache does not start: the server is PostgreSQL ${version}, and it needs 15 or newer.`,
      remedy: 'Upgrade the server: https://www.postgresql.org/support/versioning/',
      fix: null,
    }),
  ]
}

function examineWalLevel({ walLevel, hostedSetting }: ServerFacts): ZeroFinding[] {
  if (walLevel === 'logical') return []
  return [
    finding('wal-level', {
      object: 'server',
      effect: `zero-cache does not start: wal_level is ${walLevel}, and it needs logical.`,
      remedy:
        hostedSetting === null
          ? 'alter system set wal_level = logical; and restart PostgreSQL.'
          : `Set ${hostedSetting} to on in the parameters of your hosting company, and restart PostgreSQL.`,
      fix: null,
    }),
  ]
}

function examineSlots({ maxSlots, usedSlots }: ServerFacts): ZeroFinding[] {
  if (usedSlots < maxSlots) return []
  return [
    finding('replication-slots', {
      object: 'server',
      effect: `zero-cache does not start: all ${maxSlots} replication slots are taken, and it needs one.`,
      remedy: `alter system set max_replication_slots = ${maxSlots + 5}; and restart PostgreSQL; or drop one that nobody uses: select slot_name, active from pg_replication_slots;`,
      fix: null,
    }),
  ]
}

function examineSenders({ maxSenders, usedSenders }: ServerFacts): ZeroFinding[] {
  if (usedSenders < maxSenders) return []
  return [
    finding('wal-senders', {
      object: 'server',
      effect: `zero-cache does not start: all ${maxSenders} WAL senders are taken, and it needs one.`,
      remedy: `alter system set max_wal_senders = ${maxSenders + 5}; and restart PostgreSQL.`,
      fix: null,
    }),
  ]
}

function examineConnections({ maxConnections, usedConnections }: ServerFacts): ZeroFinding[] {
  const free = maxConnections - usedConnections
  if (free >= wantedConnections) return []
  return [
    finding('connections', {
      object: 'server',
      effect: `zero-cache may fail under load: ${Math.max(0, free)} connections are free, and it opens up to ${wantedConnections}.`,
      remedy: `alter system set max_connections = ${maxConnections + wantedConnections}; and restart PostgreSQL; or start zero-cache with ZERO_UPSTREAM_MAX_CONNS=5 ZERO_CVR_MAX_CONNS=5.`,
      fix: null,
    }),
  ]
}

/** The role that zero-cache will use is not known; usually it is this one. */
function examineRole({ role, superuser, mayReplicate }: ServerFacts, settings: ZeroSettings): ZeroFinding[] {
  const findings: ZeroFinding[] = []
  if (!mayReplicate) {
    findings.push(
      finding('role-replication', {
        object: `role ${role}`,
        effect: 'zero-cache does not start as this role, which may not replicate.',
        remedy: `alter role ${quoteIdentifier(role)} replication; or give zero-cache another role.`,
        fix: null,
      }),
    )
  }
  if (!superuser && settings.publication === null) {
    findings.push(
      finding('role-publication', {
        object: `role ${role}`,
        effect: 'zero-cache does not start as this role: only superusers can make its publication over a whole schema.',
        remedy:
          'Use a publication of your own, which needs no superuser: zero: { publication: zero_data }, and start zero-cache with ZERO_APP_PUBLICATIONS=zero_data.',
        fix: null,
      }),
    )
  }
  return findings
}
