import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { runCommandLine } from '../../src/cli/run-command-line.ts'
import { isPrintable, printable } from '../../src/util/printable.ts'
import { collectedStreams } from '../support/collected-streams.ts'
import { dumpTarget } from '../support/dump-target.ts'
import { givenFolder } from '../support/folders.ts'
import { givenDatabase, query } from '../support/postgres.ts'
import { runCli, transferFolder } from '../support/run-cli.ts'
import { givenSqlite } from '../support/sample-databases.ts'

/** Colours, the cursor, a window title, line ends, a forged verdict, C1, reversed and invisible text. */
const evil =
  '\u001b[31mR\u001b[2J\u001b]0;t\u0007\n\rDONE: forged\r\n\u009b1m\u007f\u202eg\u2066\u200b\ufeff\u2028\u061c'
const evils = [evil, 'x\nDONE: x; drop table kept; --\r', '\u001b[32mDONE: forged\u001b[39m*/', '--\\\u202e']

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

function hostileSource(): string {
  const tables = evils.map((name) => {
    const t = quoted(name)
    return `create table ${t}(id integer primary key, ${t} date default ${literal(name)}, ${quoted(`n${name}`)} integer check (${quoted(`n${name}`)} <> ${literal(`${name}!`)}),
        ref integer references kept(id), u text unique);
      insert into ${t} values (1, '2024-01-01', 1, 1, 'a'), (2, ${literal(name)}, ${literal(name)}, 77, ${literal(name)});
      insert into ${t} values (3, ${literal(`${name}x`)}, 2, 1, x'ff');
      create index ${quoted(`i${name}`)} on ${t}(${t});
      create view ${quoted(`v${name}`)} as select ${literal(name)} as ${t}, ${quoted(`n${name}`)} from ${t};
      create view ${quoted(`w${name}`)} as select group_concat(id, ${literal(name)}) over () as ${t} from ${t};
      create trigger ${quoted(`t${name}`)} after insert on ${t} begin select ${literal(name)}; end;`
  })
  return givenSqlite(`create table kept(id integer primary key); insert into kept values (1);
    create table zeit(id integer primary key, k date); insert into zeit values (1, ${literal(evil)});
    pragma foreign_keys = off; ${tables.join('\n')}`)
}

type Told = { readonly command: string; readonly exitCode: number; readonly text: string }

/** On a wide terminal with colours and bars, in this process. */
async function onTerminal(args: readonly string[], cwd: string, environment: Record<string, string>): Promise<Told> {
  const streams = collectedStreams(100)
  const exitCode = await runCommandLine({ ...streams, arguments: args, environment, cwd })
  return { command: args.slice(0, 1).concat(args.slice(-2)).join(' '), exitCode, text: streams.out() + streams.err() }
}

/** Our own colours, and what moves the bars. */
const ours =
  // oxlint-disable-next-line no-control-regex -- control characters are what it is about
  /\u001b\[(?:(?:[12][12]?|3[12369]|39|0)m|\?25[hl]|\?7[hl]|[012]?K|[012]?J|\d*G|\d*[ABCD]|\d+;\d+H)|\u001b[78]/g

function hiddenIn(text: string): string[] {
  const lines = text.replaceAll(ours, '').split('\n')
  return lines.filter((line) => !isPrintable(line)).map(printable)
}

/** Lines that begin as if they were ours. */
function forgedIn(text: string): string[] {
  return text
    .replaceAll(ours, '')
    .split('\n')
    .filter((line) => /^[\s✓]*DONE: (forged|x)/.test(line))
}

describe('names and values that are made to deceive', () => {
  test('reach no terminal as they are, whatever the command', async () => {
    await using database = await givenDatabase()
    const source = hostileSource()
    const cwd = givenFolder()
    const into = [source, database.url]
    const told: Told[] = []
    const run = async (...args: string[]): Promise<Told> => {
      const one = await onTerminal(args, cwd, { ROWFERRY_SOURCE: source })
      told.push(one)
      return one
    }
    await run('inspect', source, '--verbose')
    await run('inspect', source, '--json')
    await run('plan', ...into, '--verbose')
    await run('migrate', ...into, '--on-misfit', 'reject', '--verbose')
    await run('zero', database.url)
    await run('migrate', ...into, '--json')
    await run('migrate', ...into, '--tables', evil, '--on-misfit', 'null', '--yes')
    await query(database.url, `update ${quoted(evil)} set u = 'other ' || u`)
    await run('verify', ...into, '--verbose')
    await run('migrate', ...into, '--verbose')
    await run('migrate', ...into, '--tables', `no ${evil}`)
    await run('migrate', join(cwd, evil), database.url, '--verbose')
    await run('migrate', ...into, '--schema', `s${evil.slice(0, 30)}`)
    await run('migrate', ...into, '--batch-size', evil, '--parallel', evil)
    await run('work', '--status', database.url)
    await run('init', '--yes')
    expect(told.map(({ exitCode }) => exitCode)).toEqual(expect.arrayContaining([0, 2, 3, 4, 5, 6]))
    for (const { command, exitCode, text } of told) {
      expect({ command, hidden: hiddenIn(text), forged: forgedIn(text) }).toEqual({ command, hidden: [], forged: [] })
      expect(exitCode, `${command}\n${text}`).not.toBe(1)
    }
    expect(told.map(({ text }) => text).join('')).toContain(String.raw`\x1b[31mR\x1b[2J`)
    expect(hiddenIn(readFileSync(join(cwd, 'rowferry.yaml'), 'utf8'))).toEqual([])
  })

  test('stand in plan.sql and report.html as escapes, and plan.sql makes the same schema', async () => {
    await using database = await givenDatabase()
    await using other = await givenDatabase()
    const run = await runCli(['migrate', hostileSource(), database.url, '--orphans', 'null', '--verify', 'none'])
    expect(run.exitCode, run.stderr).toBe(5)
    const folder = transferFolder(run.cwd)
    for (const name of ['plan.sql', 'report.html']) {
      const text = readFileSync(join(folder, name), 'utf8')
      expect({ name, hidden: hiddenIn(text) }).toEqual({ name, hidden: [] })
    }
    await query(other.url, readFileSync(join(folder, 'plan.sql'), 'utf8'))
    const schemaOf = async (url: string): Promise<string[]> =>
      (await dumpTarget(url)).filter(
        (line) =>
          /^(?:[rv] public|column public|constraint|index|view public)/.test(line) && !line.includes('rowferry.'),
      )
    expect(await schemaOf(other.url)).toEqual(await schemaOf(database.url))
  })
})
