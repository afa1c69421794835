import { expect, test } from 'vitest'
import { bookkeepingOf } from './bookkeeping-tables.ts'
import { compareVersions, versionColumns, type VersionDifference, versionEntries } from './compare-versions.ts'

type Rows = readonly (readonly (string | null)[])[]

/** Rows hold what `versionColumns` names. */
function compare(
  table: string,
  columns: string,
  { source, target }: { source: Rows | null; target: Rows | null },
): VersionDifference | null {
  const known = bookkeepingOf(table, columns.split(' '))
  const version = known?.version
  if (!known || !version) throw new Error(`${table} is no record of versions`)
  for (const row of [...(source ?? []), ...(target ?? [])]) expect(row).toHaveLength(versionColumns(version).length)
  const [ours, theirs] = [source, target].map((rows) => (rows === null ? null : versionEntries(version, rows)))
  return compareVersions({ table, tool: known.tool, version, source: ours ?? null, target: theirs ?? null })
}

test.each<[string, string, Rows, Rows]>([
  ['alembic_version', 'version_num', [['a']], [['a']]],
  [
    'django_migrations',
    'id app name applied',
    [
      ['b', '1'],
      ['a', '1'],
    ],
    [
      ['a', '1'],
      ['b', '1'],
    ],
  ],
  ['schema_migrations', 'version dirty', [['3']], [['3']]],
  [
    'migrations',
    'id timestamp name',
    [
      ['LiteOnly1', '1'],
      ['Both2', '2'],
    ],
    [
      ['PgOnly1', '1'],
      ['Both2', '2'],
    ],
  ],
  [
    'goose_db_version',
    'id version_id is_applied',
    [
      ['0', '1'],
      ['2', '1'],
      ['3', '0'],
    ],
    [
      ['0', 't'],
      ['2', 'true'],
    ],
  ],
  ['applied_schema_deltas', 'version file', [['71'], ['72']], [['72'], ['9']]],
  [
    '_prisma_migrations',
    'checksum finished_at migration_name',
    [
      ['a', 'a', '2024'],
      ['b', 'b', null],
    ],
    [['a', 'a', '2024']],
  ],
])('%s (%s) is at the same version on both sides', (table, columns, source, target) => {
  expect(compare(table, columns, { source, target })).toBeNull()
})

test.each<[string, string, Rows, Rows, string]>([
  ['alembic_version', 'version_num', [['7e5b']], [['c0fb']], 'only the source has 7e5b; only the target has c0fb.'],
  [
    'django_migrations',
    'id app name applied',
    [
      ['a', '1'],
      ['a', '2'],
    ],
    [['a', '1']],
    'only the source has a 2; the newest in the target is a 1.',
  ],
  ['schema_version', 'version', [['72']], [['80']], 'only the source has 72; only the target has 80.'],
  [
    'migrations',
    'id timestamp name',
    [
      ['Lite1', '1'],
      ['Both2', '2'],
    ],
    [
      ['Both2', '2'],
      ['Next3', '3'],
    ],
    'the newest in the source is Both2; only the target has Next3.',
  ],
  [
    'flyway_schema_history',
    'installed_rank version script success',
    [
      ['9', '1', '1'],
      ['10', '2', '1'],
    ],
    [
      ['9', '1', 't'],
      ['10', '2', 'f'],
    ],
    'only the source has 10; the newest in the target is 9.',
  ],
  [
    'VersionInfo',
    'Version AppliedOn Description',
    [],
    [['1'], ['2'], ['3'], ['4'], ['5'], ['6'], ['7']],
    'the source has none; only the target has 7 migrations, the last ones 3, 4, 5, 6, 7.',
  ],
  [
    'oc_migrations',
    'app version',
    [['core', '13000Date']],
    [['core', '14000Date']],
    'only the source has core 13000Date; only the target has core 14000Date.',
  ],
])('%s (%s) differs', (table, columns, source, target, said) => {
  const difference = compare(table, columns, { source, target })
  expect(difference).toMatchObject({ kind: 'differs', message: expect.stringContaining(said) })
})

test.each<[string, string, Rows | null, Rows | null]>([
  [
    'migrations',
    'id timestamp name',
    [
      ['Lite1', '1'],
      ['Lite9', '9'],
    ],
    [
      ['Pg1', '1'],
      ['Pg9', '10'],
    ],
  ],
  ['aerich', 'id version app content', [['1_a.py']], [['1_b.py']]],
  ['__drizzle_migrations', 'id hash created_at', [['1700']], [['1700']]],
  ['alembic_version', 'version_num', null, [['a']]],
])('%s (%s) cannot be compared, and the newest are named', (table, columns, source, target) => {
  const difference = compare(table, columns, { source, target })
  expect(difference).toMatchObject({
    kind: 'unknown',
    message: expect.stringMatching(/Newest in the source: .+; newest in the target: .+/),
  })
})
