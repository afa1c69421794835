import type { Config } from '../config/config.ts'
import type { TerminalOptions } from '../config/options.ts'
import { RowferryError } from '../errors/errors.ts'
import type { Engine } from './engine.ts'
import type { Screen } from './terminal/screen.ts'

/** Everything a command needs of the world. */
export type CommandContext = {
  readonly config: Config
  readonly terminal: TerminalOptions
  /** The configuration file that was read, or null. */
  readonly configFile: string | null
  readonly cwd: string
  readonly screen: Screen
  /** Aborted by the first Ctrl-C or SIGTERM; its reason is the name of that. */
  readonly signal: AbortSignal
  readonly loadEngine: () => Promise<Engine>
}

/** Runs to its end and gives the exit code. What it throws becomes a message and the code that `errors/policy.ts` decides. */
export type RunCommand = (context: CommandContext) => Promise<number>

export function neededSource(context: CommandContext, command: string): string {
  if (context.config.source !== null) return context.config.source
  throw new RowferryError('CONFIG_MISSING', {
    message: 'No source was given.',
    remedy: `Name the SQLite file: rowferry ${command} app.db, or write source: app.db into rowferry.yaml.`,
  })
}

export function neededTarget(context: CommandContext, command: string): string {
  if (context.config.target !== null) return context.config.target
  throw new RowferryError('CONFIG_MISSING', {
    message: 'No target was given.',
    remedy: `Name the PostgreSQL database: rowferry ${command} app.db postgres://user@host/database, or write target: into rowferry.yaml.`,
  })
}
