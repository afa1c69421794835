import { Command, Option, type OutputConfiguration } from '@commander-js/extra-typings'
import { type CommandName, commandNames, commands } from '../config/commands.ts'
import type { ConfigSources } from '../config/load-config.ts'
import { defaultInWords, flagOf, optionNames, optionSpec, type OptionName, placeholderOf } from '../config/options.ts'

/** What was typed: the command, and the options and arguments that really stood on the line, by option name. */
export type Invocation = { readonly command: CommandName; readonly flags: ConfigSources['flags'] }

const headings = {
  What: 'What is carried:',
  How: 'How:',
  Distributed: 'On many machines:',
  Values: 'Values that do not fit:',
  Zero: 'Zero:',
  Safety: 'Safety:',
  Output: 'Configuration and output:',
} as const

/** The command line as commander sees it, made from the data in `config/`. `run` gets what was typed. */
export function buildProgram(run: (invocation: Invocation) => Promise<void>, output: OutputConfiguration): Command {
  const program = new Command('rowferry')
    // Before the commands are made: they take it over.
    .configureOutput(output)
    .description('Carries the rows of a SQLite database into PostgreSQL and proves that they arrived.')
    .option('-V, --version', 'print the versions of rowferry, Node, SQLite and the embedded PostgreSQL')
    .helpOption('-h, --help', 'print this help')
    .showSuggestionAfterError(true)
    .configureHelp({
      subcommandTerm: (command) =>
        `${command.name()} ${command.usage().replace('[options] ', '').replace('[options]', '')}`.trimEnd(),
    })
    .exitOverride()
    .addHelpText(
      'after',
      '\nrowferry <command> --help explains one command.\nDocumentation: README.md and docs in the package.',
    )
  for (const name of commandNames) addCommand(program as unknown as Command, name, run)
  const help = new Command('help').argument('[command]').helpOption(false).description('explain one command')
  program.addHelpCommand(help.helpGroup('Get started:') as unknown as Command)
  return program as unknown as Command
}

function addCommand(program: Command, name: CommandName, run: (invocation: Invocation) => Promise<void>): void {
  const description = commands[name]
  const command = program.command(name).summary(description.summary).description(description.description)
  command.helpGroup(`${description.group}:`)
  for (const { name: positional, description: meaning } of description.positionals) {
    command.argument(`[${positional}]`, meaning)
  }
  for (const option of optionNames) {
    const spec = optionSpec(option)
    if (!spec.flag || !spec.commands.includes(name)) continue
    command.addOption(buildOption(option).helpGroup(headings[spec.group]))
  }
  command.helpOption('-h, --help', 'print this help')
  const width = Math.max(...description.examples.map((example) => example.command.length))
  const examples = description.examples.map((example) => `  ${example.command.padEnd(width)}  ${example.does}`)
  command.addHelpText('after', `\nExamples:\n${examples.join('\n')}`)
  command.action(async () => run({ command: name, flags: typedFlags(command as unknown as Command, name) }))
}

function buildOption(name: OptionName): Option {
  const spec = optionSpec(name)
  const placeholder = placeholderOf(spec.type)
  const flags = `${spec.short === undefined ? '' : `-${spec.short}, `}${flagOf(name)}${placeholder === null ? '' : ` <${placeholder}>`}`
  const plainFlag = spec.type.kind === 'flag' && spec.defaultText === undefined
  const choices = spec.type.kind === 'choice' ? `${spec.type.values.join(', ')}; ` : ''
  const option = new Option(
    flags,
    `${spec.description}${plainFlag ? '' : ` (${choices}default: ${defaultInWords(name)})`}`,
  )
  if (spec.type.kind === 'list') return option.argParser(appendText) as unknown as Option
  return option as unknown as Option
}

/** `--tables a --tables b` is the same as `--tables a,b`. */
function appendText(text: string, previous: unknown): string[] {
  return Array.isArray(previous) ? [...(previous as string[]), text] : [text]
}

/** Only what was typed: commander's own defaults (`color` for `--no-color`) must not outrank environment and file. */
function typedFlags(command: Command, name: CommandName): ConfigSources['flags'] {
  const typed: Record<string, string | boolean | readonly string[]> = {}
  for (const [option, value] of Object.entries(
    command.opts() as Record<string, string | boolean | readonly string[]>,
  )) {
    if (command.getOptionValueSource(option as never) === 'cli') typed[option] = value
  }
  commands[name].positionals.forEach((positional, index) => {
    const text = command.args[index]
    if (text !== undefined) typed[positional.name] = text
  })
  return typed
}
