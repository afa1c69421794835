import type { ZeroFinding } from '../../model/zero.ts'

/**
 * The conditions of a database that stop zero-cache or hide something from it, as data. Tests run each that stops against the
 * real zero-cache by these names. Read from zero-cache 1.9.0 and tried against it.
 */
export type ZeroCondition = {
  readonly severity: ZeroFinding['severity']
  /** What stops: zero-cache at its `start`, or when such a row arrives (`row`); null: it keeps running. */
  readonly stopsAt: 'start' | 'row' | null
  /** What is examined: the server, the catalog alone, or the rows. */
  readonly from: 'server' | 'catalog' | 'rows'
  /** For people and documentation. */
  readonly title: string
}

export const zeroConditions = {
  'server-version': stops('server', 'PostgreSQL older than 15'),
  'wal-level': stops('server', 'wal_level is not logical'),
  'replication-slots': stops('server', 'no free replication slot'),
  'wal-senders': stops('server', 'no free WAL sender'),
  connections: keeps('warns', 'server', 'fewer than 60 free connections'),
  'role-replication': keeps('warns', 'server', 'the role may not replicate'),
  'role-publication': keeps('warns', 'server', "the role may not make zero-cache's own publication"),
  'publication-missing': stops('catalog', 'the publication does not exist'),
  'publication-operations': stops('catalog', 'the publication leaves out inserts, updates, deletes or truncates'),
  'schema-not-published': keeps('hides', 'catalog', "zero-cache's own publication covers only the schema public"),
  'not-published': keeps('hides', 'catalog', 'the publication leaves it out'),
  'excluded-still-sent': keeps('warns', 'catalog', 'left out of schema.ts, but replicated'),
  'table-name': stops('catalog', 'a table name with characters that Zero does not allow'),
  'column-name': stops('catalog', 'a column name with characters that Zero does not allow'),
  'reserved-column': stops('catalog', 'a column called _0_version or __proto__'),
  'reserved-name': stops('catalog', 'a table or index called sqlite_…'),
  'table-case': stops('catalog', 'tables that differ only in case'),
  'column-case': stops('catalog', 'columns of a table that differ only in case'),
  'index-case': stops('catalog', 'indexes that differ only in case'),
  'index-like-table': stops('catalog', 'an index called like a table'),
  'column-type-aborts': stops('catalog', 'a column of a type that ends the first copy'),
  'array-dimensions': stops('catalog', 'an array column without dimensions in the catalog'),
  'replica-identity-nothing': stops('catalog', 'REPLICA IDENTITY NOTHING'),
  'replica-identity-index': stops('catalog', 'the index of the replica identity was dropped'),
  'no-key': keeps('hides', 'catalog', 'a table without primary key or unique NOT NULL columns'),
  'key-type': keeps('hides', 'catalog', 'a key of a type that Zero does not sync'),
  'key-deferrable': keeps('breaks', 'catalog', 'only a deferrable key'),
  'unlogged-table': keeps('hides', 'catalog', 'an unlogged table'),
  'foreign-table': keeps('hides', 'catalog', 'a foreign table'),
  'column-type-hidden': keeps('hides', 'catalog', 'a column of a type that Zero does not sync'),
  'generated-column': keeps('hides', 'catalog', 'a generated column that is not published'),
  'array-elements': keeps('warns', 'catalog', 'an array of bytea or interval'),
  'foreign-key-unindexed': keeps('warns', 'catalog', 'a foreign key without index'),
  'int8-range': keeps('breaks', 'rows', 'integers beyond ±(2^53−1)'),
  'number-range': { severity: 'stops', stopsAt: 'row', from: 'rows', title: 'numbers between 2^63 and 10^21' },
  'numeric-garbled': keeps('breaks', 'rows', 'small decimals with many digits, which the first copy garbles'),
  'numeric-lossy': keeps('warns', 'rows', 'decimals that are no double'),
  'not-finite': keeps('warns', 'rows', 'NaN or Infinity'),
  'infinite-time': keeps('warns', 'rows', 'times of infinity'),
  'char-padding': keeps('warns', 'rows', 'char(n) values shorter than n'),
  'values-unexamined': keeps('warns', 'rows', 'rows that could not be read'),
} as const satisfies Readonly<Record<string, ZeroCondition>>

export type ZeroConditionName = keyof typeof zeroConditions

/** One finding; the severity comes from the table above. */
export function finding(condition: ZeroConditionName, found: Omit<ZeroFinding, 'condition' | 'severity'>): ZeroFinding {
  return { condition, severity: zeroConditions[condition].severity, ...found }
}

function stops(from: ZeroCondition['from'], title: string): ZeroCondition {
  return { severity: 'stops', stopsAt: 'start', from, title }
}

function keeps(severity: ZeroFinding['severity'], from: ZeroCondition['from'], title: string): ZeroCondition {
  return { severity, stopsAt: null, from, title }
}
