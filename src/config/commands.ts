/**
 * Flags, environment and YAML become one validated `Config` here. This folder imports model, errors and util, and knows no
 * database: the command line and the library both hand its result to `transfer/`.
 *
 * Every command, once, as data: the command line, its help and docs/reference/commands.md are made from it.
 */
export const commandNames = [
  'migrate',
  'plan',
  'inspect',
  'verify',
  'zero',
  'work',
  'init',
  'postgres',
  'demo',
] as const

export type CommandName = (typeof commandNames)[number]

export type CommandDescription = {
  readonly group: 'Migrate' | 'Get started'
  /** One line, for the list of commands. */
  readonly summary: string
  /** What it does, changes and writes. */
  readonly description: string
  /** Positional arguments. All are optional on the command line where the configuration file can hold them. */
  readonly positionals: readonly { readonly name: 'source' | 'target'; readonly description: string }[]
  readonly examples: readonly { readonly command: string; readonly does: string }[]
}

const source = { name: 'source', description: 'SQLite database file' } as const
const optionalTarget = {
  name: 'target',
  description: 'postgres:// URL; without one, an embedded PostgreSQL under .rowferry/postgres',
} as const

export const commands: Readonly<Record<CommandName, CommandDescription>> = {
  migrate: {
    group: 'Migrate',
    summary: 'carry a SQLite database into PostgreSQL and verify that it arrived',
    description:
      'Checks both sides, examines every value, makes the tables, loads the rows, adds keys and indexes, and compares the content. ' +
      'An interrupted migration goes on where it stopped when the same command is given again. ' +
      'Without a target the rows go into an embedded PostgreSQL, whose URL is printed at the end.',
    positionals: [source, optionalTarget],
    examples: [
      { command: 'rowferry migrate app.db', does: 'into an embedded PostgreSQL, nothing to install' },
      {
        command: 'rowferry migrate app.db postgres://app@localhost/app --dry-run',
        does: 'show what would be done, touch nothing',
      },
    ],
  },
  plan: {
    group: 'Migrate',
    summary: 'show what a migration would do: tables, types and why, order, warnings',
    description: 'The same as migrate --dry-run. Reads the source and the target, writes to neither.',
    positionals: [source, optionalTarget],
    examples: [
      { command: 'rowferry plan app.db', does: 'the SQL and the reason for every type' },
      { command: 'rowferry plan app.db postgres://app@localhost/app --json', does: 'the same as JSON' },
    ],
  },
  inspect: {
    group: 'Migrate',
    summary: 'show what is stored in a SQLite database, column by column',
    description:
      'Reads every row once and shows per column what the declaration says and what the values are: kinds, ranges, lengths, ' +
      'NULLs, values out of line with their keys, orphans, and what needs a decision before a migration.',
    positionals: [source],
    examples: [
      { command: 'rowferry inspect app.db', does: 'all tables' },
      { command: 'rowferry inspect app.db --tables "message*" --json', does: 'some tables, as JSON' },
    ],
  },
  verify: {
    group: 'Migrate',
    summary: 'compare a SQLite database with a PostgreSQL database that is already there',
    description:
      'Converts the rows of the source as migrate would, compares them with what the target holds, and lists the keys and ' +
      'columns that differ. Changes nothing.',
    positionals: [source, { name: 'target', description: 'postgres:// URL' }],
    examples: [
      { command: 'rowferry verify app.db postgres://app@localhost/app', does: 'compare all content' },
      {
        command: 'rowferry verify app.db postgres://app@localhost/app --tables users,orders',
        does: 'compare two tables',
      },
    ],
  },
  zero: {
    group: 'Migrate',
    summary: 'write the schema of a PostgreSQL database for Zero, and say what would stop Zero',
    description:
      'Examines a PostgreSQL database, whoever made it, for everything that stops zero-cache, makes its clients fail or is not synced, ' +
      'and writes schema.ts for @rocicorp/zero: tables, columns, keys and relationships. What stands below zero: in rowferry.yaml is followed. ' +
      'Changes the database only with --fix, and asks first.',
    positionals: [{ name: 'target', description: 'postgres:// URL' }],
    examples: [
      { command: 'rowferry zero postgres://app@localhost/app', does: 'examine the database and write zero-schema.ts' },
      {
        command: 'rowferry zero postgres://app@localhost/app --out src/schema.ts',
        does: 'write it where the app wants it',
      },
      {
        command: 'rowferry zero postgres://app@localhost/app --check',
        does: 'fail when the file is out of date, for CI',
      },
      {
        command: 'rowferry zero postgres://app@localhost/app --check-only --fix',
        does: 'examine and mend, write no file',
      },
    ],
  },
  work: {
    group: 'Migrate',
    summary: 'help with distributed migrations (migrate --distributed) from this machine',
    description:
      'Waits for distributed migrations, takes shards of their tables from the queue, reads them from its own copy of the source, and loads them. ' +
      'May come late, leave with Ctrl-C, or die: what it had in hand goes to another worker, and nothing is lost or doubled. ' +
      'Connects with the URLs that it is given here; the queue holds none.',
    positionals: [
      { name: 'target', description: 'postgres:// URL of the target; without one, the database of --queue' },
    ],
    examples: [
      { command: 'rowferry work postgres://app@db/app', does: 'help with whatever is migrated into this database' },
      { command: 'rowferry work --queue postgres://app@db/app --until-idle', does: 'the same, until nothing runs' },
      { command: 'rowferry work --queue postgres://app@db/app --status', does: 'show what runs and how far it is' },
    ],
  },
  init: {
    group: 'Get started',
    summary: 'ask a few questions and write rowferry.yaml',
    description:
      'Writes a commented configuration file with the tables it found. An existing file is only replaced after a question.',
    positionals: [source, optionalTarget],
    examples: [
      { command: 'rowferry init', does: 'ask, then write rowferry.yaml' },
      { command: 'rowferry init app.db --yes', does: 'ask nothing, take the defaults' },
    ],
  },
  postgres: {
    group: 'Get started',
    summary: 'run the embedded PostgreSQL in the foreground and print its URL',
    description:
      'Starts the PostgreSQL server that migrations without a target use, with the same databases, until Ctrl-C is pressed.',
    positionals: [],
    examples: [
      { command: 'rowferry postgres', does: 'start it and print its URL' },
      { command: 'rowferry postgres --json', does: 'print {"url": …} for a script' },
    ],
  },
  demo: {
    group: 'Get started',
    summary: 'make a sample SQLite database and migrate it, from end to end',
    description:
      'Makes rowferry-demo/demo.db, a small archive of a chat with a few honest defects in it, migrates it into the embedded ' +
      'PostgreSQL, verifies it, and explains what happened.',
    positionals: [],
    examples: [
      { command: 'rowferry demo', does: 'the whole way in a few seconds' },
      { command: 'rowferry demo --json', does: 'paths, URL and the report, as JSON' },
    ],
  },
}
