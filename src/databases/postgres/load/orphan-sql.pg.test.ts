import { expect, test } from 'vitest'
import { encodeRows, plannedTable } from '../../../../test/support/planned-tables.ts'
import { givenDatabase, query } from '../../../../test/support/postgres.ts'
import { treatOrphans } from './orphan-sql.ts'
import { connect } from '../connection/postgres-connection.ts'

test('orphans are deleted or set to NULL, also those that the deleting makes, and the hash follows', async () => {
  await using database = await givenDatabase()
  const teams = plannedTable('teams', [['id', 'bigint', 'int8']], { rowKey: ['id'] })
  const people = plannedTable(
    'people',
    [
      ['id', 'bigint', 'int8'],
      ['team', 'bigint', 'int8'],
    ],
    {
      rowKey: ['id'],
      orphanRules: [
        { columns: ['team'], nullColumns: ['team'], parent: 'Teams', parentColumns: ['id'], action: 'reject' },
      ],
    },
  )
  const notes = plannedTable(
    'notes',
    [
      ['id', 'bigint', 'int8'],
      ['person', 'bigint', 'int8'],
    ],
    {
      rowKey: ['id'],
      orphanRules: [
        { columns: ['person'], nullColumns: ['person'], parent: 'people', parentColumns: ['id'], action: 'null' },
      ],
    },
  )
  await query(
    database.url,
    `create table teams (id bigint); insert into teams values (1);
     create table people (id bigint, team bigint); insert into people values (1, 1), (2, 99), (3, null);
     create table notes (id bigint, person bigint); insert into notes values (1, 1), (2, 2), (3, 77)`,
  )
  await using client = await connect(database.url, { signal: new AbortController().signal, what: 'the target' })
  const treated = await treatOrphans(client, [notes, people], [notes, people, teams])
  const issues = treated.flatMap(({ issues }) => issues)
  expect(issues).toEqual([
    {
      kind: 'altered',
      table: 'notes',
      key: { id: 3 },
      column: 'person',
      before: '77',
      after: null,
      rule: 'orphan-to-null',
      declared: false,
    },
    {
      kind: 'reject',
      table: 'people',
      key: { id: 2 },
      column: 'team',
      reason: 'team = 99 points to no row of Teams',
      code: 'DATA_ORPHAN',
      value: '99',
    },
    {
      kind: 'altered',
      table: 'notes',
      key: { id: 2 },
      column: 'person',
      before: '2',
      after: null,
      rule: 'orphan-to-null',
      declared: false,
    },
  ])
  expect(await query(database.url, 'select * from notes order by id')).toEqual([
    { id: '1', person: '1' },
    { id: '2', person: null },
    { id: '3', person: null },
  ])
  const change = (table: string): bigint =>
    BigInt.asUintN(
      64,
      treated.filter((one) => one.table.name === table).reduce((sum, { hash }) => sum + hash, 0n),
    )
  const hash = (table: typeof notes, rows: [bigint, bigint | null][]): bigint =>
    encodeRows(table, rows).hash(0, rows.length)
  const before = hash(notes, [
    [1n, 1n],
    [2n, 2n],
    [3n, 77n],
  ])
  const after = hash(notes, [
    [1n, 1n],
    [2n, null],
    [3n, null],
  ])
  expect(BigInt.asUintN(64, before + change('notes'))).toBe(after)
  expect(change('people')).toBe(BigInt.asUintN(64, -hash(people, [[2n, 99n]])))
})
