import { existsSync, writeFileSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import { conflictStrategies, conflictStrategyMeaning } from '../../model/conflict.ts'
import { RowferryError } from '../../errors/errors.ts'
import { exitCodes } from '../../errors/policy.ts'
import type { CommandContext } from '../command-context.ts'
import { askYesNo } from '../terminal/ask.ts'
import { type ConfigAnswers, writeConfigText } from '../init/config-text.ts'
import { listTables } from '../init/list-tables.ts'

export async function runInit(context: CommandContext): Promise<number> {
  const { screen, cwd } = context
  const path = resolve(cwd, context.terminal.config ?? 'rowferry.yaml')
  await assertMayWrite(context, path)
  const answers = screen.interactive && !context.terminal.yes ? await ask(context) : defaultAnswers(context)
  const tables = answers.source === null ? null : await listTables(resolve(cwd, answers.source), context.signal)
  writeFileSync(path, writeConfigText(answers, tables))
  if (screen.json) screen.printMachine({ file: path, tables: tables?.map((table) => table.name) ?? [] })
  screen.print(
    `${screen.colors.green('✓')} ${basename(path)} is written${tables === null ? '' : `, with ${tables.length} tables as comments`}.`,
  )
  screen.print()
  screen.print('Next:')
  for (const command of ['rowferry plan', 'rowferry migrate']) screen.print(`  ${screen.colors.cyan(command)}`)
  return exitCodes.ok
}

/** A configuration is somebody's work: it is replaced only by a yes that was meant for this file. */
async function assertMayWrite({ screen, terminal }: CommandContext, path: string): Promise<void> {
  if (!existsSync(path) || terminal.yes) return
  if (screen.interactive && (await askYesNo(`${basename(path)} exists. Replace it?`))) return
  throw new RowferryError('CONFIG_CONFLICT', {
    message: `${path} exists already; nothing was written.`,
    remedy: 'Name another file: rowferry init --config other.yaml, or replace it: rowferry init --yes',
  })
}

function defaultAnswers({ config }: CommandContext): ConfigAnswers {
  return { source: config.source, target: config.target, schema: config.schema, strategy: config.strategy }
}

async function ask(context: CommandContext): Promise<ConfigAnswers> {
  const { text, select, isCancel, intro } = await import('@clack/prompts')
  const given = defaultAnswers(context)
  const answered = <T>(answer: T): Exclude<T, symbol> => {
    if (!isCancel(answer)) return answer as Exclude<T, symbol>
    throw new RowferryError('JOB_INTERRUPTED', { message: 'Cancelled; nothing was written.', remedy: null })
  }
  intro('rowferry.yaml')
  const source = answered(
    await text({
      message: 'SQLite file?',
      initialValue: given.source ?? '',
      placeholder: 'app.db',
      validate: (value) =>
        existsSync(resolve(context.cwd, value ?? '')) && value ? undefined : 'There is no such file.',
    }),
  )
  const target = answered(
    await text({
      message: 'PostgreSQL URL? (empty: an embedded PostgreSQL; ${NAME} stands for an environment variable)',
      initialValue: given.target ?? '',
      placeholder: 'postgres://app:${PGPASSWORD}@localhost/app',
      validate: (value) => (!value || /^postgres(ql)?:\/\//.test(value) ? undefined : 'It must begin with postgres://'),
    }),
  )
  const schema = answered(await text({ message: 'Schema?', initialValue: given.schema }))
  const strategy = answered(
    await select<string>({
      message: 'When a target table has rows already?',
      initialValue: given.strategy ?? 'refuse',
      options: [
        { value: 'refuse', label: 'refuse', hint: 'ask before tables of an earlier migration are reloaded' },
        ...conflictStrategies.map((value) => ({ value, label: value, hint: conflictStrategyMeaning[value] })),
      ],
    }),
  )
  return {
    source,
    target: target === '' || target === undefined ? null : target,
    schema: schema || 'public',
    strategy: conflictStrategies.find((candidate) => candidate === strategy) ?? null,
  }
}
