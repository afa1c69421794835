/**
 * `npm run bench`: carries generated SQLite databases into PostgreSQL with rowferry and with others, in turn, on the same
 * machine, and says how they compare. `npm run bench -- --help`, and README.md beside this file.
 */
import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { contenders } from './contenders/contenders.ts'
import type { Executable } from './contenders/rowferry.ts'
import { describeMachine } from './machine.ts'
import { type BenchOptions, readOptions, usage } from './options.ts'
import { performancePage } from './report/page.ts'
import { readResults, type ShapeResult, writeResult } from './report/results.ts'
import { sectionsOf } from './report/sections.ts'
import { terminalTable } from './report/terminal.ts'
import { type Bench, runRounds } from './rounds.ts'
import { openScratch } from './scratch.ts'
import { openServer } from './server.ts'
import type { Shape } from './shapes/shape.ts'
import { shapes } from './shapes/shapes.ts'
import { findTools, missingTools, type Tools } from './tools.ts'
import { layOutPackage } from '../scripts/lay-out-package.ts'

const root = fileURLToPath(new URL('../', import.meta.url))
const resultsFolder = join(root, 'bench', 'results')

process.exitCode = await main(process.argv.slice(2))

async function main(parameters: readonly string[]): Promise<number> {
  const interruption = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => interruption.abort(new Error('Interrupted.')))
  try {
    const options = readOptions(parameters)
    if (options === null) {
      process.stdout.write(usage)
      return 0
    }
    if (options.shapes.length > 0) await runShapes(options, interruption.signal)
    if (options.write) writePage()
    return 0
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    return 1
  }
}

async function runShapes(options: BenchOptions, signal: AbortSignal): Promise<void> {
  const folder = resolve(options.folder ?? join(root, 'bench', '.cache'))
  using scratch = openScratch(folder)
  const tools = findTools()
  const missing = missingTools(['pgloader', 'sqlite3', 'psql'], tools)
  if (missing !== null) process.stdout.write(`Without some contenders: ${missing}.\n`)
  const executable: Executable = options.fromSource
    ? [process.execPath, join(root, 'bin', 'rowferry.js')]
    : [process.execPath, layOutPackage(join(root, 'bench', '.cache', 'package'))]
  await using server = await openServer({ ...options, scratch: scratch.path, signal })
  const chosen = contenders(executable).filter(({ name }) => options.contenders.includes(name))
  const bench = { ...options, server, tools, folder, scratch: scratch.path, signal, contenders: chosen }
  for (const name of options.shapes) {
    const result = await runShape(bench, tools, { shape: shapes[name], rows: options.rows ?? shapes[name].rows })
    writeResult(options.out ?? join(resultsFolder, `${name}.json`), result)
    process.stdout.write(`\n${name}: ${result.description}\n\n`)
    for (const section of sectionsOf(result)) process.stdout.write(`${terminalTable(section)}\n`)
  }
}

async function runShape(
  bench: Bench,
  tools: Tools,
  { shape, rows }: { readonly shape: Shape; readonly rows: readonly number[] },
): Promise<ShapeResult> {
  const sizes = await runRounds(bench, shape, rows)
  return {
    version: 1,
    shape: shape.name,
    description: shape.description,
    measuredAt: new Date().toISOString(),
    machine: describeMachine(bench.server, tools, root),
    rounds: bench.rounds,
    sizes,
  }
}

function writePage(): void {
  const page = join(root, 'docs', 'reference', 'performance.md')
  writeFileSync(page, performancePage(readResults(resultsFolder)))
  process.stdout.write('Written: docs/reference/performance.md\n')
}
