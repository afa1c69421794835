import type { Issue } from '../../src/model/batch.ts'
import type { Report, TableReport } from '../../src/model/report.ts'

/** A report in which everything that can happen has happened, for looking at and testing what is made from reports. */
export function sampleReport(changes: Partial<Report> = {}): Report {
  const tables: TableReport[] = [
    sampleTable('guilds', 12, 0.02),
    sampleTable('users', 48_210, 0.4),
    { ...sampleTable('messages', 1_204_331, 9.8), altered: 3, declaredConversions: 12 },
    {
      ...sampleTable('attachments', 88_012, 1.2),
      rejected: 2,
      counts: { created: 88_010, updated: 0, unchanged: 0, skipped: 0 },
    },
    sampleTable('a_table_with_a_name_that_is_much_longer_than_anybody_would_like_it_to_be', 3, 0.01),
  ]
  const sum = (of: (table: TableReport) => number): number => tables.reduce((total, table) => total + of(table), 0)
  return {
    version: 1,
    rowferry: '0.1.0',
    transferId: '20260102-030405-abcdef',
    status: 'completed_with_rejects',
    exitCode: 5,
    verdict:
      'DONE WITH EXCEPTIONS: 1,340,568 rows read from 5 tables, 2 rejected, 3 values altered, each listed, content verified.',
    source: { kind: 'sqlite', label: 'archive.db' },
    target: { kind: 'postgres', label: 'postgres://app@localhost:5432/app', schema: 'public' },
    startedAt: '2026-01-02T03:04:05.000Z',
    finishedAt: '2026-01-02T03:04:19.400Z',
    seconds: 14.4,
    resumed: false,
    verify: 'content',
    proof: null,
    totals: {
      tables: tables.length,
      rowsRead: sum((table) => table.rowsRead),
      loaded: sum((table) => table.counts.created),
      rejected: 2,
      altered: 3,
      declaredConversions: 12,
      bytes: sum((table) => table.bytes),
    },
    steps: [
      { kind: 'create-tables', seconds: 0.1 },
      { kind: 'copy-tables', seconds: 10.2 },
      { kind: 'add-objects', seconds: 2.1 },
      { kind: 'reset-sequences', seconds: 0.05 },
      { kind: 'verify-content', seconds: 1.9 },
    ],
    tables,
    schemaDifferences: [],
    objects: [
      {
        kind: 'index',
        table: { schema: 'public', name: 'messages' },
        name: 'messages_by_channel',
        sourceSql: 'CREATE INDEX messages_by_channel ON messages(channel_id, sent_at DESC)',
        sql: 'create index messages_by_channel on public.messages (channel_id, sent_at desc)',
        note: null,
        outcome: 'created',
        error: null,
      },
      {
        kind: 'check',
        table: { schema: 'public', name: 'users' },
        name: 'users_check',
        sourceSql: "CHECK (name GLOB '[a-z]*')",
        sql: null,
        note: 'GLOB has no equivalent',
        outcome: 'not-carried',
        error: null,
      },
      {
        kind: 'view',
        table: null,
        name: 'top_posters',
        sourceSql: 'CREATE VIEW top_posters AS SELECT user_id, count(*) FROM messages GROUP BY 1',
        sql: 'create view public.top_posters as select user_id, count(*) from messages group by 1',
        note: null,
        outcome: 'refused',
        error: 'column "user_id" does not exist',
      },
    ],
    findings: [
      { level: 'ok', message: 'PostgreSQL 18.4 at localhost:5432 answers', remedy: null },
      { level: 'warning', message: 'The source is in WAL mode; a copy is read', remedy: 'Close the application' },
    ],
    warnings: [
      {
        code: 'type-widened',
        table: 'users',
        column: 'age',
        message: "users.age becomes text: 1 of 48,210 values is no integer ('forty' at id=17).",
        remedy: 'tables: {users: {columns: {age: {onMisfit: reject}}}}',
      },
      {
        code: 'orphans',
        table: 'messages',
        column: null,
        message: '4 rows of messages point to no user.',
        remedy: '--orphans reject',
      },
    ],
    failure: null,
    files: {
      folder: '/srv/app/.rowferry/transfers/20260102-030405-abcdef',
      rejects: '/srv/app/.rowferry/transfers/20260102-030405-abcdef/rejects.jsonl',
      altered: '/srv/app/.rowferry/transfers/20260102-030405-abcdef/altered.jsonl',
      log: '/srv/app/.rowferry/transfers/20260102-030405-abcdef/log.jsonl',
      html: '/srv/app/.rowferry/transfers/20260102-030405-abcdef/report.html',
    },
    next: ['less /srv/app/.rowferry/transfers/20260102-030405-abcdef/rejects.jsonl'],
    ...changes,
  }
}

export function sampleTable(source: string, rows: number, seconds: number): TableReport {
  return {
    source,
    target: { schema: 'public', name: source },
    mode: 'create',
    strategy: 'error',
    rowsRead: rows,
    counts: { created: rows, updated: 0, unchanged: 0, skipped: 0 },
    rejected: 0,
    altered: 0,
    declaredConversions: 0,
    bytes: rows * 90,
    seconds,
    verification: {
      level: 'content',
      secondReading: null,
      verdict: 'equal',
      sourceRows: rows,
      targetRows: rows,
      notCompared: [],
      differences: [],
      differingRows: 0,
    },
  }
}

export const sampleRejects: readonly Issue[] = [
  {
    kind: 'reject',
    table: 'attachments',
    key: { id: 17 },
    column: 'size',
    reason: 'text where integers stand',
    code: 'DATA_MISFIT',
    value: '<script>alert("1")</script>',
  },
  {
    kind: 'reject',
    table: 'attachments',
    key: { id: 18 },
    column: null,
    reason: 'the key 18 exists already',
    code: 'DATA_DUPLICATE_KEY',
  },
]

export const sampleAltered: readonly Issue[] = [
  {
    kind: 'altered',
    table: 'messages',
    key: { id: '9007199254740993' },
    column: 'text',
    before: 'a\u0000b',
    after: 'ab',
    rule: 'nul-stripped',
    declared: false,
  },
  {
    kind: 'altered',
    table: 'messages',
    key: { rowid: 5 },
    column: 'edited',
    before: '',
    after: null,
    rule: 'empty-to-null',
    declared: true,
  },
]
