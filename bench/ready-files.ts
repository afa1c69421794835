import { join } from 'node:path'
import type { Contender, Run } from './contenders/contender.ts'
import { psql, runSql } from './contenders/psql.ts'
import { type Command, measure } from './measure.ts'
import type { Bench } from './rounds.ts'
import { columnList, createKeys, createTables, fillTarget } from './shapes/postgres-sql.ts'
import { writeFileSync } from 'node:fs'

export type Ready = {
  /** Where the tables are as `<table>.csv` and `<table>.binary`, as far as a contender needs them. */
  readonly folder: string
  /** Database that an upsert's target is copied from; null for a load, whose target is empty. */
  readonly template: string | null
}

type Wanted = Pick<Run, 'shape' | 'tables' | 'source' | 'folder'> & {
  readonly database: string
  readonly entries: readonly { readonly contender: Contender; readonly missing: string | null }[]
}

/** Carries the source once with rowferry, outside the clock, and lets PostgreSQL write what contenders find ready. */
export async function makeReady(bench: Bench, wanted: Wanted): Promise<Ready> {
  const { folder, shape, database } = wanted
  const active = new Set(
    wanted.entries.filter(({ missing }) => missing === null).map(({ contender }) => contender.name),
  )
  const formats = [
    ...(active.has('ready csv') ? [{ ending: 'csv', format: 'csv' }] : []),
    ...(active.has('ready binary') ? [{ ending: 'binary', format: '(format binary)' }] : []),
  ]
  if (formats.length === 0 && shape.kind === 'load') return { folder, template: null }
  const url = bench.server.urlOf(database)
  await bench.server.create(database)
  await carry(bench, wanted, url)
  const copies = formats.flatMap(({ ending, format }) =>
    wanted.tables.map(
      (table) =>
        `\\copy "${table.name}" (${columnList(table)}) to '${join(folder, `${table.name}.${ending}`)}' ${format}`,
    ),
  )
  if (copies.length > 0) await runScript(bench, { url, folder, lines: copies })
  if (shape.kind === 'load') {
    await bench.server.drop(database)
    return { folder, template: null }
  }
  await makeTemplate(url, wanted)
  return { folder, template: database }
}

async function carry(bench: Bench, wanted: Wanted, url: string): Promise<void> {
  const rowferry = wanted.entries.find(({ contender }) => contender.name === 'rowferry')?.contender
  if (rowferry === undefined) throw new Error('rowferry is not among the contenders.')
  const shape = { ...wanted.shape, kind: 'load' } as const
  await runCommands(bench, wanted.folder, rowferry.commands({ ...wanted, shape, url, ready: wanted.folder }))
}

/** The tables that rowferry has loaded become the staging of those that an upsert will meet. */
async function makeTemplate(url: string, { tables }: Wanted): Promise<void> {
  const statements = tables.flatMap((table) => [
    `alter table "${table.name}" rename to "staging_${table.name}"`,
    ...createTables([table]),
    ...fillTarget(table, `"staging_${table.name}"`),
    `drop table "staging_${table.name}"`,
  ])
  // rowferry shall not recognize the target as its own work.
  await runSql(url, [...statements, ...createKeys(tables), 'drop schema if exists rowferry cascade', 'vacuum analyze'])
}

async function runScript(
  bench: Bench,
  { url, folder, lines }: { readonly url: string; readonly folder: string; readonly lines: readonly string[] },
): Promise<void> {
  const script = join(folder, 'write.sql')
  writeFileSync(script, `${lines.join('\n')}\n`)
  await runCommands(bench, folder, [psql(url, script)])
}

async function runCommands(bench: Bench, folder: string, commands: readonly Command[]): Promise<void> {
  await measure(commands, {
    folder,
    log: join(folder, 'output.log'),
    timeoutSeconds: bench.timeoutSeconds,
    signal: bench.signal,
    serverCpu: () => null,
  })
}
