import type { WriteStream } from 'node:tty'
import pc from 'picocolors'
import { printableJson } from '../../util/printable.ts'
import type { TerminalOptions } from '../../config/options.ts'
import { type Colors, markedColors, terminalText } from './terminal-text.ts'

/** The part of a stream that is needed here; `process.stdout` and a test's own collector both have it. */
export type OutputStream = NodeJS.WritableStream & Partial<Pick<WriteStream, 'isTTY' | 'columns' | 'rows'>>

export type Streams = {
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean }
  readonly stdout: OutputStream
  readonly stderr: OutputStream
}

/**
 * Where output goes. Text for people goes to stdout, or to stderr with `--json`, when stdout carries exactly one JSON
 * document; errors always go to stderr.
 */
export type Screen = {
  readonly json: boolean
  readonly verbose: boolean
  readonly quiet: boolean
  readonly colors: Colors
  /** The stream for people. */
  readonly stream: OutputStream
  /** May lines be redrawn? Only on a real terminal that nobody asked to be quiet. */
  readonly live: boolean
  /** Can questions be asked and answered? */
  readonly interactive: boolean
  width(): number
  /** A line for people, unless `--quiet`. Here as below, what is neither text nor marked as our own is escaped. */
  print(line?: string): void
  /** A line for people, even with `--quiet`: the verdict. */
  printAlways(line: string): void
  printError(line: string): void
  /** The one JSON document of `--json`. */
  printMachine(document: unknown): void
  /** Lines that are the very product of a command, such as SQL: always on stdout, even with `--quiet`. */
  printProduct(lines: readonly string[]): void
  /** The same screen with its text for people on stderr, for what goes on while a product is made. */
  readonly beside: Screen
}

export type ScreenOptions = Pick<TerminalOptions, 'json' | 'verbose' | 'quiet' | 'color'>

type Environment = Readonly<Record<string, string | undefined>>

export function openScreen(options: ScreenOptions, streams: Streams, environment: Environment): Screen {
  const besideOnly = screenOn(streams.stderr, options, streams, environment)
  const beside: Screen = {
    ...besideOnly,
    get beside(): Screen {
      return beside
    },
  }
  return options.json ? beside : { ...screenOn(streams.stdout, options, streams, environment), beside }
}

function screenOn(
  stream: OutputStream,
  options: ScreenOptions,
  streams: Streams,
  environment: Environment,
): Omit<Screen, 'beside'> {
  const terminal = stream.isTTY === true
  const plainOnly = environment['TERM'] === 'dumb' || isOn(environment['CI'])
  const write = (target: OutputStream, text: string): void => {
    if (target.writable) target.write(text)
  }
  return {
    json: options.json,
    verbose: options.verbose,
    quiet: options.quiet,
    colors: markedColors(
      pc.createColors(terminal && options.color && !isOn(environment['NO_COLOR']) && environment['TERM'] !== 'dumb'),
    ),
    stream,
    live: terminal && !options.quiet && !plainOnly,
    interactive: streams.stdin.isTTY === true && streams.stdout.isTTY === true && !options.json,
    width: () => widthOf(stream, environment),
    print: (line = '') => {
      if (!options.quiet) write(stream, `${terminalText(line)}\n`)
    },
    printAlways: (line) => write(stream, `${terminalText(line)}\n`),
    printError: (line) => write(streams.stderr, `${terminalText(line)}\n`),
    printMachine: (document) => write(streams.stdout, `${printableJson(JSON.stringify(document, plainJson, 2))}\n`),
    printProduct: (lines) => {
      for (const line of lines) write(streams.stdout, `${terminalText(line)}\n`)
    },
  }
}

/** Some terminals report 0 columns before they have a size; a pipe has none. */
function widthOf(stream: OutputStream, environment: Environment): number {
  const columns = stream.columns ?? Number(environment['COLUMNS'] ?? 0)
  return Number.isInteger(columns) && columns >= 20 ? columns : 80
}

function isOn(value: string | undefined): boolean {
  return value !== undefined && value !== '' && value !== '0' && value !== 'false'
}

/** JSON has no big integers; they stand as decimal text everywhere in reports and plans. */
function plainJson(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value
}
