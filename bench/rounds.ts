import { statSync } from 'node:fs'
import { join } from 'node:path'
import { addExamples, compareContent, summarizeDifferences } from './compare/compare-content.ts'
import { type Content, readContent } from './compare/read-content.ts'
import type { Contender, Run } from './contenders/contender.ts'
import { measure } from './measure.ts'
import { makeReady, type Ready } from './ready-files.ts'
import type { ContenderResult, RoundResult, SizeResult } from './report/results.ts'
import { countText, secondsText } from './report/text.ts'
import { freshFolder } from './scratch.ts'
import type { Server } from './server.ts'
import type { Shape } from './shapes/shape.ts'
import { sqliteFile } from './shapes/sqlite-file.ts'
import { missingTools, type Tools } from './tools.ts'

export type Bench = {
  readonly server: Server
  readonly tools: Tools
  readonly contenders: readonly Contender[]
  /** Where the sources are kept. */
  readonly folder: string
  /** Folder for what only a run needs. */
  readonly scratch: string
  readonly rounds: number
  readonly timeoutSeconds: number
  readonly signal: AbortSignal
}

/** A contender in this benchmark. It leaves the rounds when it fails. */
type Entry = {
  readonly contender: Contender
  readonly runs: RoundResult[]
  missing: string | null
  differences: readonly string[] | null
}

/**
 * Measures one shape: a run of each contender at each size that is compared and not counted, then the rounds that count. Sizes take
 * turns as contenders do: what slows the machine for minutes falls on all of them.
 */
export async function runRounds(bench: Bench, shape: Shape, sizes: readonly number[]): Promise<SizeResult[]> {
  const databases = new Databases(bench.server, Math.max(...sizes.map((rows) => shape.tables(rows).length)))
  const starts: Start[] = []
  for (const rows of sizes) starts.push(await startSize(bench, { shape, rows, databases }))
  for (let round = 1; round <= bench.rounds; round++) {
    for (const start of starts) {
      for (const entry of start.entries) {
        if (entry.missing === null) await countedRun(bench, entry, { ...start, round })
      }
    }
  }
  await databases.dropLate()
  for (const { ready } of starts) {
    if (ready.template !== null) await bench.server.drop(ready.template)
  }
  return starts.map(({ carried: { tables, source }, entries }) => ({
    rows: rowsOf(tables),
    tables: tables.length,
    sourceBytes: statSync(source).size,
    contenders: entries.map((entry) => resultOf(entry)),
  }))
}

type Start = {
  readonly carried: Pick<Run, 'shape' | 'tables' | 'source'>
  readonly entries: readonly Entry[]
  readonly ready: Ready
  readonly databases: Databases
}

async function startSize(
  bench: Bench,
  { shape, rows, databases }: { readonly shape: Shape; readonly rows: number; readonly databases: Databases },
): Promise<Start> {
  const source = sqliteFile(bench.folder, shape, rows, (text) => process.stdout.write(`${text}\n`))
  const tables = shape.tables(rows)
  const entries = bench.contenders
    .filter(({ name, kinds }) => kinds.includes(shape.kind) && (!shape.alone || name === 'rowferry'))
    .map((contender): Entry => {
      const missing = missingTools(contender.needs, bench.tools) ?? contender.cannot(shape)
      return { contender, runs: [], missing, differences: null }
    })
  const carried = { shape, tables, source }
  const name = `ready_${rows}`
  const ready = await makeReady(bench, {
    ...carried,
    folder: freshFolder(bench.scratch, name),
    database: `rowferry_bench_${name}`,
    entries,
  })
  const start = { carried, entries, ready, databases }
  await compareRound(bench, start)
  return start
}

function rowsOf(tables: Run['tables']): number {
  return tables.reduce((sum, table) => sum + table.rows, 0)
}

/**
 * The databases of a shape's runs. Those of many tables are dropped after the last run: for minutes ext4 passes over the inodes
 * of files deleted just before, one by one, whenever it makes a file, and that would fall into the time of the next run.
 */
class Databases {
  readonly #server: Server
  readonly #dropsLate: boolean
  readonly #late: string[] = []
  #made = 0

  constructor(server: Server, tables: number) {
    this.#server = server
    this.#dropsLate = tables >= 100
  }

  next(): string {
    return `rowferry_bench_${++this.#made}`
  }

  async drop(database: string): Promise<void> {
    if (this.#dropsLate) this.#late.push(database)
    else await this.#server.drop(database)
  }

  async dropLate(): Promise<void> {
    for (const database of this.#late) await this.#server.drop(database)
  }
}

/** Not counted: it warms up, and its databases stay until they are compared with rowferry's, which it has verified itself. */
async function compareRound(bench: Bench, start: Start): Promise<void> {
  const { entries } = start
  const done: { readonly entry: Entry; readonly database: string }[] = []
  for (const entry of entries) {
    if (entry.missing !== null) continue
    const database = start.databases.next()
    const outcome = await oneRun(bench, entry.contender, { ...start, database })
    note(start, 'not counted', entry, outcome)
    if (typeof outcome === 'string') {
      entry.missing = outcome
      await start.databases.drop(database)
    } else done.push({ entry, database })
  }
  const [ours, ...others] = done
  if (ours === undefined || ours.entry.contender.name !== 'rowferry')
    throw new Error(`rowferry failed: ${entries[0]?.missing}`)
  const expectedUrl = bench.server.urlOf(ours.database)
  const expected = others.length === 0 ? null : await readContent(expectedUrl, null)
  for (const { entry, database } of others) {
    if (expected !== null) entry.differences = await differencesOf(bench, { entry, database, expected, expectedUrl })
  }
  for (const { database } of done) await start.databases.drop(database)
}

async function differencesOf(
  bench: Bench,
  compared: {
    readonly entry: Entry
    readonly database: string
    readonly expected: Content
    readonly expectedUrl: string
  },
): Promise<readonly string[]> {
  const foundUrl = bench.server.urlOf(compared.database)
  const found = await readContent(foundUrl, compared.expected)
  const differences = compareContent(compared.expected, found, compared.entry.contender.name !== 'ready binary')
  const lines = summarizeDifferences(await addExamples(differences, { ...compared, found, foundUrl }))
  for (const line of lines) process.stdout.write(`  ${compared.entry.contender.name} differs: ${line}\n`)
  return lines
}

async function countedRun(bench: Bench, entry: Entry, start: Start & { readonly round: number }): Promise<void> {
  const database = start.databases.next()
  const outcome = await oneRun(bench, entry.contender, { ...start, database })
  await start.databases.drop(database)
  note(start, `round ${start.round} of ${bench.rounds}`, entry, outcome)
  if (typeof outcome === 'string') {
    if (entry.contender.name === 'rowferry') throw new Error(`rowferry failed: ${outcome}`)
    entry.missing = outcome
  } else entry.runs.push({ ...outcome, round: start.round })
}

/** What was measured, or why it failed. */
async function oneRun(
  bench: Bench,
  contender: Contender,
  { carried, ready, database }: Pick<Start, 'carried' | 'ready'> & { readonly database: string },
): Promise<Omit<RoundResult, 'round'> | string> {
  const { server, signal } = bench
  await server.create(database, ready.template ?? undefined)
  const folder = freshFolder(bench.scratch, 'run')
  const run: Run = { ...carried, url: server.urlOf(database), folder, ready: ready.folder }
  await contender.prepare(run)
  await server.checkpoint()
  try {
    const measured = await measure(contender.commands(run), {
      folder,
      log: join(folder, 'output.log'),
      timeoutSeconds: bench.timeoutSeconds,
      signal,
      serverCpu: () => server.cpu(),
    })
    const { seconds, phases } = contender.account?.(run) ?? {}
    return {
      ...measured,
      // CPU and memory of the whole process say nothing about a part of its run.
      ...(seconds !== undefined && {
        seconds,
        wholeSeconds: measured.seconds,
        clientCpu: null,
        serverCpu: null,
        peakMemory: null,
      }),
      ...(phases !== undefined && { phases }),
    }
  } catch (error) {
    signal.throwIfAborted()
    return error instanceof Error ? error.message : String(error)
  }
}

function note(
  { carried }: Start,
  round: string,
  { contender }: Entry,
  outcome: Omit<RoundResult, 'round'> | string,
): void {
  const said = typeof outcome === 'string' ? outcome : `${secondsText(outcome.seconds)} s`
  const rows = countText(rowsOf(carried.tables))
  process.stdout.write(`${carried.shape.name} (${rows}), ${round}: ${contender.name} ${said}\n`)
}

function resultOf({ contender, runs, missing, differences }: Entry): ContenderResult {
  return { name: contender.name, does: contender.does, missing, runs, differences }
}
