import { execFile } from 'node:child_process'
import { readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { defaultZeroSettings } from '../../src/config/zero-settings.ts'
import { generateZeroSchema } from '../../src/mapping/postgres-to-zero/generate-zero-schema.ts'
import { printStarterQueries } from '../../src/mapping/postgres-to-zero/print-starter-queries.ts'
import type { ZeroSettings } from '../../src/model/zero.ts'
import { givenFolder } from '../support/folders.ts'
import { type GivenTable, givenCatalog } from '../support/given-catalog.ts'
import { repository } from '../support/run-cli.ts'

const run = promisify(execFile)

/** An app that has the real package, with the schema and starter queries of the given tables. */
function givenApp(tables: Readonly<Record<string, GivenTable>>, settings: Partial<ZeroSettings> = {}): string {
  const folder = givenFolder()
  const [schemaPath, queriesPath] = [join(folder, 'schema.ts'), join(folder, 'queries.ts')]
  const schema = generateZeroSchema(givenCatalog(tables), { ...defaultZeroSettings, ...settings })
  writeFileSync(schemaPath, schema.text)
  writeFileSync(queriesPath, printStarterQueries(schema.tables, { schemaPath, queriesPath }))
  writeFileSync(join(folder, 'package.json'), '{"type": "module"}')
  symlinkSync(join(repository, 'node_modules'), join(folder, 'node_modules'))
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }))
  return folder
}

const compilerOptions = {
  strict: true,
  noEmit: true,
  module: 'nodenext',
  target: 'es2024',
  skipLibCheck: true,
  allowImportingTsExtensions: true,
  verbatimModuleSyntax: true,
  erasableSyntaxOnly: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  types: [],
}

/** What TypeScript says: nothing when all is well. */
async function typeErrors(folder: string): Promise<string> {
  const compiler = join(repository, 'node_modules', 'typescript', 'bin', 'tsc')
  return await run(process.execPath, [compiler, '-p', folder]).then(
    ({ stdout }) => stdout,
    (error: { readonly stdout: string }) => error.stdout,
  )
}

/** Runs a module in the app and gives what it prints as JSON. */
async function evaluate(folder: string, source: string): Promise<unknown> {
  writeFileSync(join(folder, 'evaluate.mjs'), `${source}\nprocess.exit(0)\n`)
  const { stdout } = await run(process.execPath, [join(folder, 'evaluate.mjs')])
  return JSON.parse(stdout)
}

/** What the formatter would write instead of each file that it would change. */
async function reformatted(folder: string): Promise<Record<string, string>> {
  const formatter = join(repository, 'node_modules', 'oxfmt', 'bin', 'oxfmt')
  const names = ['schema.ts', 'queries.ts']
  const before = names.map((name) => readFileSync(join(folder, name), 'utf8'))
  const config = join(repository, '.oxfmtrc.json')
  await run(process.execPath, [formatter, '-c', config, ...names.map((name) => join(folder, name))])
  const after = names.map((name) => [name, readFileSync(join(folder, name), 'utf8')] as const)
  return Object.fromEntries(after.filter(([, text], index) => text !== before[index]))
}

const blog: Readonly<Record<string, GivenTable>> = {
  users: { columns: ['id int8 pk', 'full_name text null', 'mood enum(sad|happy)'] },
  posts: {
    columns: [
      'id int8 pk',
      'author_id int8',
      'editor_id int8 null',
      'tags text[]',
      'meta jsonb null',
      'at timestamptz default',
    ],
    keys: ['author_id -> users.id', 'editor_id -> users.id'],
  },
  labels: { columns: ['id uuid pk'] },
  post_labels: {
    columns: ['post_id int8 pk', 'label_id uuid pk'],
    keys: ['post_id -> posts.id', 'label_id -> labels.id'],
  },
}

const id = { columns: ['id int8 pk'] }
const pointing = (column: string, target: string): GivenTable => ({
  columns: ['id int8 pk', `${column} int8`],
  keys: [`${column} -> "${target}".id`],
})
const longName = 'a_name_as_long_as_postgresql_takes_names_for_tables_and_columns'

/** Every name that ever broke a generator. */
const hostile: Readonly<Record<string, GivenTable>> = {
  ...Object.fromEntries(
    'string table number boolean json enumeration relationships schema zql row createSchema createBuilder class delete await \
constructor toString then Schema Row Record Array Date DefaultTypes'
      .split(/\s+/)
      .map((name) => [name, id]),
  ),
  'order items': pointing('"order no"', 'order items'),
  'blog-posts': pointing('user_id', 'string'),
  '2fa': pointing('2nd', '2fa'),
  user_role: id,
  userRole: id,
  'user-role': id,
  "it's": id,
  'say "hi"': id,
  '%': id,
  größe: id,
  __proto__x: id,
  columns: {
    columns: [
      'id int8 pk',
      'user_id int8',
      'userId int8',
      'string text',
      'delete text',
      '"a b" text',
      'a-b text',
      '2fa text',
      '__proto__ text',
      'constructor text',
      `mood enum(it's|"q"|both'"|back\\slash)`,
      ...[1, 2, 3].map((number) => `_${number} text null`),
    ],
    keys: ['user_id -> userRole.id', 'userId -> userRole.id'],
  },
  [longName]: {
    columns: [
      `${longName} int8 pk`,
      `b${longName} int8 null`,
      'parent_id int8 null',
      `e enum(${Array.from({ length: 9 }, (_, index) => `label_number_${index}`).join('|')}) null`,
    ],
    keys: [`parent_id -> ${longName}.${longName}`],
  },
}

describe('a generated schema', () => {
  test('has exact types, with the relationships of its foreign keys', async () => {
    const folder = givenApp(blog)
    writeFileSync(
      join(folder, 'use.ts'),
      `import { type Post, type User, zql } from './schema.ts'
import { queries } from './queries.ts'

export const user: User = { id: 1, fullName: null, mood: 'sad' }
export const post: Post = { id: 1, authorId: 1, editorId: null, tags: ['a'], meta: { a: 1 }, at: 0 }
export const deep = zql.posts.related('author').related('editor').related('labels').where('authorId', 1)
export const back = zql.users.related('postsByAuthor', (posts) => posts.related('postLabels')).one()
export const named = queries.users()
// @ts-expect-error Only the labels of the enum are values.
export const angry: User = { id: 1, fullName: null, mood: 'angry' }
// @ts-expect-error NOT NULL columns are required, with a default too.
export const timeless: Post = { id: 1, authorId: 1, editorId: null, tags: [], meta: null }
// @ts-expect-error There is no such relationship.
export const missing = zql.posts.related('users')
`,
    )
    expect(await typeErrors(folder)).toBe('')
  })

  test.each(['camelCase', 'preserve'] as const)('of hostile names is valid and loads, naming: %s', async (naming) => {
    const folder = givenApp(hostile, { naming })
    expect(await typeErrors(folder)).toBe('')
    const loaded = await evaluate(
      folder,
      `import { schema, zql } from './schema.ts'
import { queries } from './queries.ts'
const tables = Object.values(schema.tables)
console.log(JSON.stringify({
  tables: tables.map((table) => table.serverName ?? table.name).sort(),
  columns: Object.entries(schema.tables.columns.columns).map(([key, column]) => column.serverName ?? key).sort(),
  asked: Object.keys(schema.tables).filter((key) => zql[key].limit(1) === undefined),
  queries: Object.values(queries).filter((query) => typeof query === 'function').length,
}))`,
    )
    const columns = givenCatalog(hostile).tables.find((table) => table.name.name === 'columns')?.columns
    expect(loaded).toEqual({
      tables: Object.keys(hostile).toSorted(),
      columns: columns?.map((column) => column.name).toSorted(),
      asked: [],
      queries: Object.keys(hostile).length,
    })
  })

  test.each([
    ['a blog', blog],
    ['hostile names', hostile],
    ['nothing', {}],
    ['fifty tables', chain(50)],
  ])('of %s is formatted as by the formatter', async (_, tables) => {
    expect(await reformatted(givenApp(tables))).toEqual({})
    expect(await reformatted(givenApp(tables, { naming: 'preserve' }))).toEqual({})
  })

  test('of no table is valid', async () => {
    expect(await typeErrors(givenApp({}))).toBe('')
  })

  // 6 s on two quiet cores; a schema whose types grow with every relationship would not end.
  test('of 300 tables with two foreign keys each is checked', async () => {
    const folder = givenApp(chain(300))
    // Alone: each of 300 queries costs as much again as a table, whoever writes it.
    rmSync(join(folder, 'queries.ts'))
    expect(await typeErrors(folder)).toBe('')
  })
})

/** Tables of 22 columns, each of which points to the two before it. */
function chain(length: number): Record<string, GivenTable> {
  const columns = Array.from({ length: 19 }, (_, index) => `some_column_${index} text null`)
  const name = (index: number): string => `table_number_${index}`
  return Object.fromEntries(
    Array.from({ length }, (_, index) => [
      name(index),
      {
        columns: ['id int8 pk', 'first_id int8', 'second_id int8 null', ...columns],
        keys: [`first_id -> ${name(Math.max(0, index - 1))}.id`, `second_id -> ${name(Math.max(0, index - 2))}.id`],
      },
    ]),
  )
}
