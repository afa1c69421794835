import { relative } from 'node:path'
import { defaultZeroSettings } from '../../config/zero-settings.ts'
import { connect, type PostgresConnection } from '../../databases/postgres/connection/postgres-connection.ts'
import { RowferryError } from '../../errors/errors.ts'
import { exitCodes } from '../../errors/policy.ts'
import type { ZeroFinding, ZeroSettings } from '../../model/zero.ts'
import { countOf } from '../../report/figures.ts'
import { maskUrl } from '../../util/secrets.ts'
import { examineForZero, preventsZero } from '../../zero/examine/examine-for-zero.ts'
import { fixFindings, type ZeroFix } from '../../zero/examine/fix-findings.ts'
import { readPublication } from '../../zero/examine/read-facts.ts'
import { publishForZero } from '../../zero/publish-for-zero.ts'
import { nextZeroCommands } from '../../zero/next-zero-commands.ts'
import {
  checkZeroSchema,
  type ReplacedFile,
  type SchemaCheck,
  type SchemaFile,
  writeZeroSchema,
} from '../../zero/write-schema.ts'
import type { CommandContext } from '../command-context.ts'
import { askYesNo } from '../terminal/ask.ts'
import { hang } from '../terminal/cut-text.ts'
import { printZeroFindings, printZeroFixes, zeroFindingsDocument } from '../terminal/print-zero.ts'

/**
 * Examines, mends when asked to, writes the schema file. What stops zero-cache or makes clients fail does not keep the file
 * from being written, since the file is right and the database can be mended later; the exit code is 4 then. With `--check`
 * only the file is compared, whatever the server is like (in CI it is seldom the real one): 0, or 6 when it is out of date.
 */
export async function runZero(context: CommandContext): Promise<number> {
  const target = neededDatabase(context)
  await using client = await connect(target, { signal: context.signal, what: 'the target' })
  const settings = await settingsFor(context, client)
  if (context.terminal.check) return await checkFile(context, client, settings)
  const { findings, fixes } = await examineAndFix(context, client, settings)
  const file = context.terminal.checkOnly ? null : await writeFiles(context, client, settings)
  const ready = !findings.some(preventsZero)
  const next = nextCommands(context, { target, settings, findings, file })
  if (context.screen.json) {
    const document = { ...zeroFindingsDocument(findings, fixes), schema: file === null ? null : fileDocument(file) }
    context.screen.printMachine({ ...document, next })
  }
  if (file !== null) printFile(context, file)
  printNext(context, next)
  if (file?.outcome === 'kept') throw keptError(file.path)
  return ready ? exitCodes.ok : exitCodes.CATALOG
}

function neededDatabase({ config }: CommandContext): string {
  if (config.target !== null) return config.target
  throw new RowferryError('CONFIG_MISSING', {
    message: 'No database was given.',
    remedy: 'Name it: rowferry zero postgres://user@host/database, or write target: into rowferry.yaml.',
  })
}

/** Without a `zero:` section nothing says that there must be a publication; one that `migrate` made is used. */
async function settingsFor({ config, terminal }: CommandContext, client: PostgresConnection): Promise<ZeroSettings> {
  const settings = config.zero ?? (await usualSettings(client))
  return {
    ...settings,
    schemaFile: terminal.out ?? settings.schemaFile,
    queriesFile: terminal.queries ?? settings.queriesFile,
  }
}

async function usualSettings(client: PostgresConnection): Promise<ZeroSettings> {
  const { rows } = await client.query<{ number: string }>('select current_setting($1) as number', [
    'server_version_num',
  ])
  const { publication } = defaultZeroSettings
  const canHaveOne = publication !== null && Number(rows[0]?.number) >= 150_000
  const existing = canHaveOne ? await readPublication(client, publication) : null
  return { ...defaultZeroSettings, publication: existing === null ? null : existing.name }
}

async function examineAndFix(
  context: CommandContext,
  client: PostgresConnection,
  settings: ZeroSettings,
): Promise<{ readonly findings: readonly ZeroFinding[]; readonly fixes: readonly ZeroFix[] }> {
  const { screen, signal, config } = context
  const examine = (): Promise<ZeroFinding[]> =>
    examineForZero(client, {
      schema: config.schema,
      settings,
      signal,
      onTable: ({ table, done, total }) => {
        if (screen.verbose) screen.print(screen.colors.dim(`reading ${table}, table ${done + 1} of ${total}`))
      },
    })
  const findings = await examine()
  const fixable = findings.filter((finding) => finding.fix !== null)
  const missing = findings.some((finding) => finding.condition === 'publication-missing') ? settings.publication : null
  if (!context.terminal.fix || (fixable.length === 0 && missing === null)) {
    printZeroFindings(screen, findings)
    return { findings, fixes: [] }
  }
  const changes = fixable.flatMap((finding) => finding.fix ?? [])
  await confirmChanges(context, missing === null ? changes : [...changes, `create publication ${missing} …`])
  const fixes = await fixFindings(client, fixable, { signal })
  printZeroFixes(screen, fixes)
  if (missing !== null) await publishForZero(client, { schema: config.schema, settings })
  const left = await examine()
  printZeroFindings(screen, left)
  return { findings: left, fixes }
}

async function confirmChanges({ screen, terminal }: CommandContext, changes: readonly string[]): Promise<void> {
  screen.print(screen.colors.yellow(`! ${countOf(changes.length, 'change')} of the database:`))
  for (const change of changes) screen.print(hang('    ', change, screen.width()))
  if (terminal.yes) return
  if (screen.interactive && (await askYesNo('Make them?'))) return
  throw new RowferryError('CATALOG_NEEDS_CONFIRMATION', {
    message: `Nobody confirmed the ${countOf(changes.length, 'change')} of the database; nothing was changed.`,
    remedy: 'Answer yes, or add --yes.',
  })
}

async function writeFiles(
  context: CommandContext,
  client: PostgresConnection,
  settings: ZeroSettings,
): Promise<SchemaFile> {
  return await writeZeroSchema(client, {
    schema: context.config.schema,
    settings,
    cwd: context.cwd,
    confirmReplacing: (file) => confirmReplacing(context, file),
  })
}

async function confirmReplacing({ screen, terminal, cwd }: CommandContext, file: ReplacedFile): Promise<boolean> {
  if (terminal.yes) return true
  if (!screen.interactive) return false
  const why = file.whose === 'edited' ? 'was changed by hand since rowferry wrote it' : 'was not written by rowferry'
  return await askYesNo(`${relative(cwd, file.path)} ${why}. Replace it?`)
}

function keptError(path: string): RowferryError {
  return new RowferryError('CATALOG_NEEDS_CONFIRMATION', {
    message: `${path} was written or changed by hand, so it was left as it is.`,
    remedy: 'Replace it with --yes, or name another file: --out FILE',
  })
}

function printFile({ screen, cwd }: CommandContext, { path, outcome, schema, queries }: SchemaFile): void {
  if (outcome !== 'kept') {
    const relations = schema.tables.flatMap((table) => table.relationships).length
    const said = outcome === 'unchanged' ? ' (it said the same already)' : ''
    const counts = `${countOf(schema.tables.length, 'table')}, ${countOf(relations, 'relationship')}`
    screen.print()
    screen.printAlways(`${screen.colors.green('✓')} ${relative(cwd, path)}: ${counts}${said}`)
  }
  if (queries === null) return
  const kept = queries.outcome === 'kept' ? 'kept as it is' : 'a starter query for each table'
  screen.print(`${screen.colors.green('✓')} ${relative(cwd, queries.path)}: ${kept}`)
}

function fileDocument({ path, outcome, schema, queries }: SchemaFile): object {
  const tables = schema.tables.map(({ name, key, columns, relationships }) => ({
    table: name,
    key,
    columns: columns.length,
    relationships: relationships.map((relationship) => relationship.name),
  }))
  return { path, outcome, tables, warnings: schema.warnings, queries }
}

type Situation = {
  readonly target: string
  readonly settings: ZeroSettings
  readonly findings: readonly ZeroFinding[]
  readonly file: SchemaFile | null
}

/** Most useful first. */
function nextCommands(context: CommandContext, { target, settings, findings, file }: Situation): string[] {
  const fixable = findings.filter((finding) => finding.fix !== null).length
  if (findings.some(preventsZero)) {
    const mends = `   # mends ${countOf(fixable, 'finding')}, after a question`
    return fixable > 0 && !context.terminal.fix ? [`${sameCommand(context)} --fix${mends}`] : []
  }
  if (file === null) return [`${sameCommand(context)}   # writes ${settings.schemaFile}`]
  return nextZeroCommands(maskUrl(target), settings)
}

/** The command again, without what it was to do this time. */
function sameCommand({ config, terminal }: CommandContext): string {
  const schema = config.schema === 'public' ? '' : ` --schema '${config.schema}'`
  const out = terminal.out === null ? '' : ` --out '${terminal.out}'`
  return `rowferry zero '${maskUrl(config.target ?? '')}'${schema}${out}`
}

function printNext({ screen }: CommandContext, commands: readonly string[]): void {
  if (commands.length === 0) return
  screen.print()
  screen.print('Next:')
  for (const command of commands) screen.print(`  ${screen.colors.cyan(command)}`)
}

/** Lines of a difference that are shown; `--verbose` shows all. */
const mostLines = 10

async function checkFile(context: CommandContext, client: PostgresConnection, settings: ZeroSettings): Promise<number> {
  const { config, cwd, screen } = context
  const check = await checkZeroSchema(client, { schema: config.schema, settings, cwd })
  const path = relative(cwd, check.path)
  if (screen.json) {
    const { verdict, difference, schema } = check
    screen.printMachine({ path: check.path, verdict, difference, warnings: schema.warnings })
  }
  if (check.verdict === 'current') {
    screen.printAlways(`${screen.colors.green('✓')} ${path} says what the database says.`)
    return exitCodes.ok
  }
  printDifference(context, check)
  const sentence = check.verdict === 'missing' ? 'does not exist' : 'is out of date'
  screen.printAlways(screen.colors.red(`✗ ${path} ${sentence}; write it: ${sameCommand(context)}`))
  return exitCodes.VERIFY
}

function printDifference({ screen }: CommandContext, { difference }: SchemaCheck): void {
  const lines = [
    ...difference.lost.map((line) => screen.colors.red(`- ${line}`)),
    ...difference.gained.map((line) => screen.colors.green(`+ ${line}`)),
  ]
  const shown = screen.verbose ? lines : lines.slice(0, mostLines)
  for (const line of shown) screen.print(`  ${line}`)
  if (shown.length < lines.length) screen.print(screen.colors.dim(`  … and ${lines.length - shown.length} more lines`))
}
