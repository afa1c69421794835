import { CommanderError } from '@commander-js/extra-typings'
import type { CommandName } from '../config/commands.ts'
import { environmentName, flagOf, optionNames } from '../config/options.ts'
import { RowferryError } from '../errors/errors.ts'
import { exitCodeOf, exitCodes } from '../errors/policy.ts'
import type { CommandContext, RunCommand } from './command-context.ts'
import { type Engine, loadEngine } from './engine.ts'
import { interruptionError, listenForInterruption } from './interruption.ts'
import { buildProgram, type Invocation } from './program.ts'
import { openScreen, type ScreenOptions, type Streams } from './terminal/screen.ts'

export type CommandLine = Streams & {
  /** Without `node` and the script. */
  readonly arguments: readonly string[]
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  readonly loadEngine?: () => Promise<Engine>
}

/** Imported only when they run: help must not wait for PostgreSQL's client. */
const runners: Readonly<Record<CommandName, () => Promise<RunCommand>>> = {
  migrate: async () => (await import('./commands/migrate.ts')).runMigrate,
  plan: async () => (await import('./commands/plan.ts')).runPlan,
  inspect: async () => (await import('./commands/inspect.ts')).runInspect,
  verify: async () => (await import('./commands/verify.ts')).runVerify,
  zero: async () => (await import('./commands/zero.ts')).runZero,
  work: async () => (await import('./commands/work.ts')).runWork,
  init: async () => (await import('./commands/init.ts')).runInit,
  postgres: async () => (await import('./commands/postgres.ts')).runPostgres,
  demo: async () => (await import('./commands/demo.ts')).runDemo,
}

/** Runs one command line to its end and gives its exit code. Never throws. */
export async function runCommandLine(line: CommandLine): Promise<number> {
  const lost = watchStreams(line)
  let screenOptions = typedScreenOptions(line)
  let exitCode: number = exitCodes.ok
  const run = async (invocation: Invocation): Promise<void> => {
    exitCode = await runInvocation(line, invocation, (options) => {
      screenOptions = options
    })
  }
  const program = buildProgram(run, {
    writeOut: (text) => void line.stdout.write(text),
    writeErr: (text) => void line.stderr.write(text),
    // Errors are printed below, in our own form.
    outputError: () => undefined,
    getOutHelpWidth: () => line.stdout.columns ?? 100,
    getErrHelpWidth: () => line.stderr.columns ?? 100,
  })
  try {
    if (/^(-V|--version)$/.test(line.arguments[0] ?? '')) {
      const { versionLines } = await import('./versions.ts')
      line.stdout.write(`${versionLines().join('\n')}\n`)
      return exitCodes.ok
    }
    await program.parseAsync([...line.arguments], { from: 'user' })
    const error = lost()
    if (error === null) return exitCode
    const { printError } = await import('./terminal/print-error.ts')
    printError(openScreen({ ...screenOptions, json: false }, line, line.environment), error)
    return exitCode === exitCodes.ok ? exitCodeOf(error) : exitCode
  } catch (thrown) {
    if (thrown instanceof CommanderError && thrown.exitCode === 0) return exitCodes.ok
    if (thrown instanceof CommanderError && thrown.code === 'commander.help') return exitCodes.CONFIG
    // Imported late: help and version need nothing of it.
    const { asRowferryError, printError } = await import('./terminal/print-error.ts')
    const error = thrown instanceof CommanderError ? usageError(thrown, line) : asRowferryError(thrown)
    printError(openScreen(screenOptions, line, line.environment), error)
    return exitCodeOf(error)
  }
}

async function runInvocation(
  line: CommandLine,
  { command, flags }: Invocation,
  useScreen: (options: ScreenOptions) => void,
): Promise<number> {
  const { loadConfig } = await import('../config/load-config.ts')
  const loaded = loadConfig({ command, flags, environment: line.environment, cwd: line.cwd })
  useScreen(loaded.terminal)
  const screen = openScreen(loaded.terminal, line, line.environment)
  const run = await runners[command]()
  using interruption = listenForInterruption()
  const context: CommandContext = {
    config: loaded.config,
    terminal: loaded.terminal,
    configFile: loaded.file,
    cwd: line.cwd,
    screen,
    signal: interruption.signal,
    loadEngine: line.loadEngine ?? loadEngine,
  }
  try {
    return await run(context)
  } catch (thrown) {
    const ownError = thrown instanceof RowferryError && thrown.code !== 'INTERNAL'
    throw interruption.signal.aborted && !ownError ? interruptionError(interruption.signal) : thrown
  }
}

/** How to speak before the options could be read: an error in them must already come as JSON where JSON was asked for. */
function typedScreenOptions(line: CommandLine): ScreenOptions {
  const typed = new Set(line.arguments)
  const isOn = (name: 'json' | 'verbose' | 'quiet'): boolean =>
    typed.has(`--${name}`) || /^(1|true|yes)$/i.test(line.environment[environmentName(name)] ?? '')
  return {
    json: isOn('json'),
    verbose: isOn('verbose') || typed.has('-v'),
    quiet: false,
    color: !typed.has('--no-color'),
  }
}

/** commander's sentence in our form. */
function usageError(error: CommanderError, line: CommandLine): RowferryError {
  const [sentence = '', hint] = error.message.replace(/^error: /, '').split('\n')
  const command = line.arguments[0]?.startsWith('-') === false ? `${line.arguments[0]} ` : ''
  const isOurs = optionNames.some((name) => sentence.includes(`'${flagOf(name)}'`))
  const known = hint === undefined && error.code === 'commander.unknownCommand' ? '' : command
  const remedy = hint?.replace(/^\(|\)$/g, '') ?? null
  return new RowferryError('CONFIG_USAGE', {
    message: `${sentence.charAt(0).toUpperCase()}${sentence.slice(1).replace(/\.$/, '')}.`,
    remedy:
      remedy ??
      (isOurs && command === ''
        ? 'Write options after the command: rowferry migrate app.db --json'
        : `See: rowferry ${known}--help`),
    cause: error,
  })
}

/**
 * `rowferry inspect app.db | head` closes our stdout early: that is no failure. A disk that is full behind it is one, of which
 * a transfer must not die either: it is told at the end.
 */
function watchStreams(line: CommandLine): () => RowferryError | null {
  let lost: RowferryError | null = null
  line.stderr.on('error', () => undefined) // nothing is left to say it on; the exit code and the report stay
  line.stdout.on('error', (cause: NodeJS.ErrnoException) => {
    if (cause.code === 'EPIPE') return
    lost ??= new RowferryError('INTERNAL', {
      message: `The output could not be written to stdout (${cause.code ?? cause.message}).`,
      remedy:
        'Make room for it, or send it elsewhere; a transfer has its report in its folder under .rowferry/transfers.',
      cause,
    })
  })
  return () => lost
}
