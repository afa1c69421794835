import { accessSync, constants, existsSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { exitCodes } from '../../errors/policy.ts'
import type { Report } from '../../model/report.ts'
import type { CommandContext } from '../command-context.ts'
import { demoApplicationId, demoDefects, makeDemoDatabase } from '../demo/make-demo-database.ts'
import { hang } from '../terminal/cut-text.ts'
import { printReport } from '../terminal/print-report.ts'
import { openProgressView } from '../terminal/progress-view.ts'

/** A schema of its own: the embedded PostgreSQL may hold a real migration in `public`. */
const demoSchema = 'demo'

/**
 * The whole way on a database with known defects. Those make the migration itself end with code 5; the demo ends with 0,
 * since that is how it is meant to go.
 */
export async function runDemo(context: CommandContext): Promise<number> {
  const { screen, signal } = context
  const place = choosePlace(context.cwd)
  const database = join(place, 'rowferry-demo', 'demo.db')
  introduce(context, database)
  const { startEmbeddedPostgres } = await import('../../databases/postgres/embedded/embedded-postgres.ts')
  screen.print(screen.colors.dim('Starting the embedded PostgreSQL …'))
  // Held until the end, so that its URL can be told; the migration joins it.
  await using server = await startEmbeddedPostgres({ dataDirectory: join(place, '.rowferry', 'postgres'), signal })
  const report = await migrateDemo({ ...context, cwd: place }, database)
  const asExpected = report.exitCode === exitCodes.ok || report.exitCode === exitCodes.DATA
  const exitCode = asExpected ? exitCodes.ok : report.exitCode
  if (screen.json) screen.printMachine({ exitCode, database, url: server.url, report })
  printReport(screen, report)
  if (asExpected) explain(context, { database, url: server.url, report, place })
  return exitCode
}

/** Here, or in a temporary folder where nothing can be written here or a file that is not ours is in the way. */
function choosePlace(cwd: string): string {
  const database = join(cwd, 'rowferry-demo', 'demo.db')
  if (isWritable(cwd) && (!existsSync(database) || isOurs(database))) return cwd
  return mkdtempSync(join(tmpdir(), 'rowferry-demo-'))
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK)
    return true
  } catch {
    return false // accessSync has no other way to say no
  }
}

function isOurs(path: string): boolean {
  try {
    const database = new DatabaseSync(path, { readOnly: true })
    try {
      return database.prepare('pragma application_id').get()?.['application_id'] === demoApplicationId
    } finally {
      database.close()
    }
  } catch {
    return false // not a database at all
  }
}

function introduce({ screen }: CommandContext, database: string): void {
  const { colors } = screen
  makeDemoDatabase(database)
  screen.print(colors.bold('A small archive of a chat, with a few honest defects in it:'))
  for (const { where, what } of demoDefects) screen.print(hang('  ', `${where}: ${what}`, screen.width()))
  screen.print()
  screen.print(colors.cyan(`$ rowferry migrate ${database} --schema ${demoSchema}`))
  screen.print()
}

async function migrateDemo(context: CommandContext, database: string): Promise<Report> {
  const engine = await context.loadEngine()
  using view = openProgressView(context.screen, context.signal)
  return await engine.migrate({
    source: database,
    target: null,
    // The file is made anew each time: what an interrupted demo left is never gone on with.
    config: { ...context.config, schema: demoSchema, restart: true },
    signal: context.signal,
    emit: view.emit,
    // Only tables of an earlier demo are ever in question.
    confirm: async () => true,
    cwd: context.cwd,
  })
}

type DemoEnd = { readonly database: string; readonly url: string; readonly report: Report; readonly place: string }

function explain({ screen }: CommandContext, { database, url, report, place }: DemoEnd): void {
  const { colors } = screen
  const inspect = `rowferry inspect ${database}`
  screen.print()
  if (report.exitCode === exitCodes.DATA) {
    screen.print(
      hang(
        '',
        'As it should be: every row arrived, and what had to be altered on the way is listed with before and after. A migration like this ends with exit code 5, so that a script notices.',
        screen.width(),
      ),
    )
  }
  screen.print('Look at it:')
  screen.print(`  ${colors.cyan(inspect)}`)
  screen.print(`  ${colors.cyan(`rowferry plan ${database}`)}`)
  if (report.files.html !== null) screen.print(`  open ${report.files.html}`)
  screen.print(
    `  ${colors.cyan('rowferry postgres')}   ${colors.dim(place === process.cwd() ? '' : `in ${place}, `)}then connect, tables are in schema ${demoSchema}:`,
  )
  screen.print(`  ${url}`)
  screen.print('And your own:')
  screen.print(`  ${colors.cyan('rowferry migrate your.db')}`)
  screen.print()
  screen.printAlways(colors.bold(colors.green('DEMO: done, as expected.')))
}
