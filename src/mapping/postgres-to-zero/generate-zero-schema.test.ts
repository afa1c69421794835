import { describe, expect, test } from 'vitest'
import { type GivenTable, givenCatalog } from '../../../test/support/given-catalog.ts'
import { defaultZeroSettings } from '../../config/zero-settings.ts'
import type { ZeroColumnSettings, ZeroSettings } from '../../model/zero.ts'
import { generateZeroSchema } from './generate-zero-schema.ts'
import { sameSchema, whoseSchema } from './print-zero-schema.ts'
import { everythingReplicated, type ReplicationFacts, type ZeroSchema, type ZeroTable } from './zero-table.ts'

type Given = Readonly<Record<string, GivenTable>>

function generate(
  tables: Given,
  settings: Partial<ZeroSettings> = {},
  facts: Partial<ReplicationFacts> = {},
): ZeroSchema {
  return generateZeroSchema(
    givenCatalog(tables),
    { ...defaultZeroSettings, ...settings },
    { ...everythingReplicated, ...facts },
  )
}

function tableOf(schema: ZeroSchema, key: string): ZeroTable {
  const table = schema.tables.find((candidate) => candidate.key === key)
  if (table === undefined) throw new Error(`no table ${key} among ${schema.tables.map((own) => own.key).join(', ')}`)
  return table
}

/** `author: one users.id`, `tags: many postTags.postId, tags.id` of one table. */
function relationshipsOf(schema: ZeroSchema, key: string): string[] {
  return tableOf(schema, key).relationships.map(
    ({ name, kind, hops }) =>
      `${name}: ${kind} ${hops.map((hop) => `${hop.destConst}(${hop.destField.join(' ')})`).join(', ')}`,
  )
}

const columns = (...names: string[]): Given => ({ t: { columns: ['id int8 pk', ...names] } })

function columnKeys(...names: string[]): Record<string, string> {
  const [table] = generate(columns(...names)).tables
  return Object.fromEntries(table?.columns.slice(1).map(({ name, key }) => [name, key]) ?? [])
}

function columnLine(column: string, settings: Partial<ZeroSettings> = {}): string {
  const { text } = generate(columns(column), settings)
  return (
    text
      .split('\n')
      .find((line) => line.startsWith('    a'))
      ?.trim() ?? 'left out'
  )
}

describe('names of columns', () => {
  test.each([
    ['full_name', 'fullName'],
    ['CustomerId', 'customerId'],
    ['userID', 'userID'],
    ['ISBN', 'isbn'],
    ['a-b', 'aB'],
    ['order', 'order'],
    ['string', 'string'],
    ['2fa', '_2fa'],
    ['_id', '_id'],
    ['größe', 'größe'],
    ['%', 'column'],
    ['__proto__', '__proto'],
  ])('%s becomes %s', (name, key) => {
    expect(columnKeys(name)).toEqual({ [name]: key })
  })

  test.each([
    [
      ['user_id', 'userId'],
      ['user_id', 'userId'],
    ],
    [
      ['userId', 'user_id'],
      ['userId', 'user_id'],
    ],
    [
      ['user_id', 'user-id', 'user.id'],
      ['userId', 'user_id', 'user_id2'],
    ],
    [
      ['a_1', 'a1', 'a__1'],
      ['a_1', 'a1', 'a__1'],
    ],
    [
      ['%', '$%', '&'],
      ['column', '$_', 'column2'],
    ],
  ])('%j all differ', (names, keys) => {
    expect(Object.values(columnKeys(...names))).toEqual(keys)
  })

  test('stay as they are when that is wished, and are quoted where they are no identifiers', () => {
    const { text } = generate(columns('full_name', '"a b"', '2fa'), { naming: 'preserve' })
    expect(text).toContain("    full_name: string(),\n    'a b': string(),\n    '2fa': string(),\n")
    expect(text).not.toContain('.from(')
  })
})

describe('names of tables', () => {
  const id = { columns: ['id int8 pk'] }
  test.each([
    ['string', 'stringTable', 'StringRow'],
    ['table', 'tableTable', 'Table'],
    ['number', 'numberTable', 'NumberRow'],
    ['json', 'jsonTable', 'Json'],
    ['relationships', 'relationshipsTable', 'Relationship'],
    ['schema', 'schemaTable', 'SchemaRow'],
    ['zql', 'zqlTable', 'Zql'],
    ['row', 'rowTable', 'RowRow'],
    ['delete', 'deleteTable', 'Delete'],
    ['Order Details', 'orderDetailsTable', 'OrderDetail'],
    ['blog-posts', 'blogPostsTable', 'BlogPost'],
    ['2fa', '_2faTable', '_2fa'],
    ['people', 'peopleTable', 'Person'],
  ])('%s is declared as %s, its rows as %s', (name, constName, rowType) => {
    expect(generate({ [name]: id }).tables[0]).toMatchObject({ constName, rowType })
  })

  test('that become the same differ by what they were', () => {
    const { tables } = generate({ user_role: id, userRole: id, 'user-role': id, UserRole: id })
    expect(tables.map((table) => [table.name.name, table.key, table.constName, table.rowType])).toEqual([
      ['UserRole', 'UserRole', 'UserRoleTable', 'UserRole'],
      ['userRole', 'userRole', 'userRoleTable', 'UserRoleRow2'],
      ['user-role', 'user_role', 'user_roleTable', 'UserRoleRow'],
      ['user_role', 'user_role2', 'userRole2Table', 'UserRole2'],
    ])
  })

  test('outside the schema public have their schema with them', () => {
    const { text } = generate({ users: { ...id, schema: 'app' } })
    expect(text).toContain("table('users')\n  .from('app.users')\n")
  })
})

describe('columns', () => {
  test.each([
    ['a int8', 'a: number(),'],
    ['a numeric null', 'a: number().optional(),'],
    ['a_b timestamptz', "aB: number().from('a_b'),"],
    ['a_b date null', "aB: number().from('a_b').optional(),"],
    ['a uuid', 'a: string(),'],
    ['a inet', 'a: string(),'],
    ['a bool', 'a: boolean(),'],
    ['a jsonb', 'a: json(),'],
    ['a text[]', 'a: json<string[]>(),'],
    ['a int4[] null', 'a: json<number[]>().optional(),'],
    ['a jsonb[]', 'a: json(),'],
    ["a enum(sad|it's|Happy)", `a: enumeration<'sad' | "it's" | 'Happy'>(),`],
    ['a bytea', 'left out'],
    ['a bytea[]', 'left out'],
    ['a interval', 'left out'],
    ['a citext', 'left out'],
    ['a text domain', 'left out'],
    ['a int8 generated', 'left out'],
  ])('%s: %s', (column, line) => {
    expect(columnLine(column)).toBe(line)
  })

  test('that cannot be synced are named in a comment and a warning', () => {
    const { text, warnings } = generate(columns('photo bytea', 'c citext'))
    expect(text).toContain('not synced by Zero:\n//   t.photo: bytea\n//   t.c: citext\n')
    expect(warnings.map((warning) => [warning.code, warning.table, warning.column])).toEqual([
      ['zero-column-left-out', 't', 'photo'],
      ['zero-column-left-out', 't', 'c'],
    ])
  })

  test('with a default are required, or optional when that is wished; keys are always required', () => {
    expect(columnLine('a timestamptz default')).toBe('a: number(),')
    expect(columnLine('a timestamptz default', { defaults: 'optional' })).toBe('a: number().optional(),')
    const identity = generate({ t: { columns: ['id int8 pk identity'] } }, { defaults: 'optional' })
    expect(identity.text).toContain('    id: number(),\n')
  })

  test('that are generated are there when the publication lists them, and optional', () => {
    const published = new Map([['t', new Set(['id', 'a'])]])
    expect(generate(columns('a int8 generated'), {}, { published }).text).toContain('    a: number().optional(),\n')
    const older = generateZeroSchema(givenCatalog(columns('a int8 generated'), '17.2'), defaultZeroSettings, {
      ...everythingReplicated,
      published,
    })
    expect(older.leftOut).toMatchObject([{ column: 'a', reason: 'generated column' }])
  })

  test('of JSON have the type of the settings, imported where it is a name', () => {
    const column = (jsonType: string): ZeroColumnSettings => ({ exclude: false, jsonType, int8: null, bytea: null })
    const wishes = new Map([
      ['meta', column('Meta')],
      ['tags', column('{ tags: string[] }')],
    ])
    const { text } = generate(columns('meta jsonb', 'tags json null'), {
      jsonTypesFrom: './json-types.ts',
      tables: new Map([['t', { exclude: false, columns: wishes }]]),
    })
    expect(text).toContain("import type { Meta } from './json-types.ts'\n")
    expect(text).toContain('    meta: json<Meta>(),\n    tags: json<{ tags: string[] }>().optional(),\n')
  })
})

describe('keys', () => {
  test('are the primary key in its order', () => {
    expect(generate({ t: { columns: ['b int8 pk', 'a int8 pk'] } }).text).toContain(".primaryKey('b', 'a')\n")
  })

  test('are else the shortest unique index over required columns that are synced', () => {
    const schema = generate({
      t: { columns: ['a int8', 'b int8 null', 'c uuid', 'd bytea'], unique: ['a, c', 'b', 'd', 'c'] },
    })
    expect(schema.tables[0]?.primaryKey).toEqual(['c'])
  })

  test('cannot be a deferrable one, and a table without any is left out, with its relationships', () => {
    const schema = generate(
      {
        t: { columns: ['a int8'], unique: ['a'] },
        child: { columns: ['id int8 pk', 't_a int8'], keys: ['t_a -> t.a'] },
      },
      {},
      { unusableKeys: new Set(['t_a_key']) },
    )
    expect(schema.tables.map((table) => table.key)).toEqual(['child'])
    expect(relationshipsOf(schema, 'child')).toEqual([])
    expect(schema.warnings).toMatchObject([{ code: 'zero-table-left-out', table: 't' }])
    expect(schema.text).toContain('//   t: no primary key\n')
  })

  test('of a type that is not synced leave the table out', () => {
    expect(generate({ t: { columns: ['id bytea pk'] } }).leftOut).toMatchObject([
      { column: null, reason: 'its primary key (id) cannot be synced' },
    ])
  })
})

describe('what is left out', () => {
  const two: Given = { a: { columns: ['id int8 pk', 'x text'] }, b: { columns: ['id int8 pk'] } }

  test('by the settings is not spoken of', () => {
    const column = { exclude: true, jsonType: null, int8: null, bytea: null }
    const { tables, leftOut } = generate(two, {
      tables: new Map([
        ['a', { exclude: false, columns: new Map([['x', column]]) }],
        ['b', { exclude: true, columns: new Map() }],
      ]),
    })
    expect(tables.map((table) => table.columns.map((own) => own.key))).toEqual([['id']])
    expect(leftOut).toEqual([])
  })

  test('is what the publication does not have, and what PostgreSQL does not replicate', () => {
    const published = new Map([['a', new Set(['id'])]])
    expect(generate(two, {}, { published }).leftOut).toMatchObject([
      { table: { name: 'a' }, column: 'x', reason: 'not in the publication' },
      { table: { name: 'b' }, column: null, reason: 'not in the publication' },
    ])
    const neverReplicated = new Map([['b', 'unlogged table']])
    expect(generate(two, {}, { neverReplicated }).tables.map((table) => table.key)).toEqual(['a'])
  })
})

describe('relationships', () => {
  const users: Given = { users: { columns: ['id int8 pk'] } }
  const posts = (more: string[], keys: string[]): Given => ({
    ...users,
    posts: { columns: ['id int8 pk', ...more], keys },
  })

  test('go to the parent by the name of the column, and back by the name of the table', () => {
    const schema = generate(posts(['author_id int8'], ['author_id -> users.id']))
    expect(relationshipsOf(schema, 'posts')).toEqual(['author: one usersTable(id)'])
    expect(relationshipsOf(schema, 'users')).toEqual(['posts: many postsTable(authorId)'])
  })

  test.each([
    ['author_id', 'author'],
    ['authorId', 'author'],
    ['id_author', 'author'],
    ['author_uuid', 'author'],
    ['userid', 'user'],
    ['fk_author', 'author'],
    ['author', 'user'],
    ['owned_by', 'user'],
    ['user', 'userRel'],
  ])('over the column %s are called %s', (column, name) => {
    const schema = generate(posts([`${column} int8`], [`${column} -> users.id`]))
    expect(relationshipsOf(schema, 'posts')).toEqual([`${name}: one usersTable(id)`])
  })

  test('take off the name of the column that is pointed to', () => {
    const schema = generate({
      country: { columns: ['iso_code text pk'] },
      city: { columns: ['id int8 pk', 'country_iso_code text'], keys: ['country_iso_code -> country.iso_code'] },
    })
    expect(relationshipsOf(schema, 'city')).toEqual(['country: one countryTable(isoCode)'])
    expect(relationshipsOf(schema, 'country')).toEqual(['cities: many cityTable(countryIsoCode)'])
  })

  test('that are two to one table say on both sides which', () => {
    const schema = generate(
      posts(['author_id int8', 'editor_id int8 null'], ['editor_id -> users.id', 'author_id -> users.id']),
    )
    expect(relationshipsOf(schema, 'posts')).toEqual(['author: one usersTable(id)', 'editor: one usersTable(id)'])
    expect(relationshipsOf(schema, 'users')).toEqual([
      'postsByAuthor: many postsTable(authorId)',
      'postsByEditor: many postsTable(editorId)',
    ])
  })

  test('that would be called like a column get a longer name', () => {
    const schema = generate({
      users: { columns: ['id int8 pk', 'posts int4'] },
      posts: { columns: ['id int8 pk', 'author text', 'author_id int8'], keys: ['author_id -> users.id'] },
    })
    expect(relationshipsOf(schema, 'posts')).toEqual(['authorUser: one usersTable(id)'])
    expect(relationshipsOf(schema, 'users')).toEqual(['postsByAuthor: many postsTable(authorId)'])
  })

  test('to the table itself', () => {
    const tree = generate({
      category: { columns: ['id int8 pk', 'parent_id int8 null'], keys: ['parent_id -> category.id'] },
      Employee: { columns: ['EmployeeId int4 pk', 'ReportsTo int4 null'], keys: ['ReportsTo -> Employee.EmployeeId'] },
    })
    expect(relationshipsOf(tree, 'category')).toEqual([
      'parent: one categoryTable(id)',
      'children: many categoryTable(parentId)',
    ])
    expect(relationshipsOf(tree, 'employee')).toEqual([
      'reportsToEmployee: one employeeTable(employeeId)',
      'employeesByReportsTo: many employeeTable(reportsTo)',
    ])
  })

  test('are to one row on both sides when the foreign key is unique', () => {
    const schema = generate({
      ...users,
      profiles: { columns: ['user_id int8 pk'], keys: ['user_id -> users.id'] },
      settings: { columns: ['id int8 pk', 'user_id int8'], keys: ['user_id -> users.id'], unique: ['user_id'] },
    })
    expect(relationshipsOf(schema, 'users')).toEqual([
      'profile: one profilesTable(userId)',
      'setting: one settingsTable(userId)',
    ])
  })

  test('over several columns keep their order and are called by the one that is telling', () => {
    const schema = generate({
      users: { columns: ['tenant_id int8 pk', 'id int8 pk'] },
      posts: {
        columns: ['tenant_id int8 pk', 'id int8 pk', 'author_id int8', 'x int8', 'y int8'],
        keys: ['(tenant_id, author_id) -> users.(tenant_id, id)', '(x, y) -> users.(tenant_id, id)'],
      },
    })
    expect(relationshipsOf(schema, 'posts')).toEqual([
      'author: one usersTable(tenantId id)',
      'user: one usersTable(tenantId id)',
    ])
    expect(schema.text).toContain("sourceField: ['tenantId', 'authorId'], destField: ['tenantId', 'id']")
  })

  test('go through a table of which the key is two foreign keys', () => {
    const schema = generate({
      posts: { columns: ['id int8 pk'] },
      tags: { columns: ['id int8 pk'] },
      post_tags: {
        columns: ['post_id int8 pk', 'tag_id int8 pk', 'at timestamptz'],
        keys: ['post_id -> posts.id', 'tag_id -> tags.id'],
      },
    })
    expect(relationshipsOf(schema, 'posts')).toEqual([
      'postTags: many postTagsTable(postId)',
      'tags: many postTagsTable(postId), tagsTable(id)',
    ])
    expect(relationshipsOf(schema, 'tags')).toEqual([
      'postTags: many postTagsTable(tagId)',
      'posts: many postTagsTable(tagId), postsTable(id)',
    ])
  })

  test('go through a table with a number of its own, too, as frameworks make them', () => {
    const schema = generate({
      posts: { columns: ['id int8 pk'] },
      tags: { columns: ['id int8 pk', 'posts text'] },
      posts_tags: {
        columns: ['id int8 pk', 'post_id int8', 'tag_id int8'],
        keys: ['post_id -> posts.id', 'tag_id -> tags.id'],
        unique: ['tag_id, post_id'],
      },
    })
    expect(relationshipsOf(schema, 'posts')).toContain('tags: many postsTagsTable(postId), tagsTable(id)')
    expect(relationshipsOf(schema, 'tags')).toContain(
      'postsThroughPostsTags: many postsTagsTable(tagId), postsTable(id)',
    )
  })

  test('through a table that relates a table to itself are called by its columns', () => {
    const schema = generate({
      ...users,
      follows: {
        columns: ['follower_id int8 pk', 'followee_id int8 pk'],
        keys: ['follower_id -> users.id', 'followee_id -> users.id'],
      },
    })
    expect(relationshipsOf(schema, 'users')).toEqual([
      'followsByFollower: many followsTable(followerId)',
      'followsByFollowee: many followsTable(followeeId)',
      'followees: many followsTable(followerId), usersTable(id)',
      'followers: many followsTable(followeeId), usersTable(id)',
    ])
  })

  test('through two tables to the same one say which', () => {
    const junction = {
      columns: ['user_id int8 pk', 'group_id int8 pk'],
      keys: ['user_id -> users.id', 'group_id -> groups.id'],
    }
    const schema = generate({ ...users, groups: { columns: ['id int8 pk'] }, members: junction, guests: junction })
    expect(relationshipsOf(schema, 'groups').slice(2)).toEqual([
      'usersThroughGuests: many guestsTable(groupId), usersTable(id)',
      'usersThroughMembers: many membersTable(groupId), usersTable(id)',
    ])
  })

  test('are written in snake_case where the names of the database are kept', () => {
    const schema = generate(
      posts(['author_id int8', 'editor_id int8'], ['author_id -> users.id', 'editor_id -> users.id']),
      { naming: 'preserve' },
    )
    expect(relationshipsOf(schema, 'users')).toEqual([
      'posts_by_author: many postsTable(author_id)',
      'posts_by_editor: many postsTable(editor_id)',
    ])
  })

  test('the same foreign key twice is one, and one to a table that is not there is none', () => {
    const schema = generate(posts(['a_id int8'], ['a_id -> users.id', 'a_id -> users.id', 'a_id -> nowhere.id']))
    expect(relationshipsOf(schema, 'posts')).toEqual(['a: one usersTable(id)'])
  })
})

describe('the text', () => {
  const tables: Given = {
    users: { columns: ['id int8 pk', 'full_name text null'] },
    posts: { columns: ['id int8 pk', 'author_id int8', 'photo bytea'], keys: ['author_id -> users.id'] },
  }

  test('is this', () => {
    const body = generate(tables).text.split('\n').slice(3).join('\n')
    expect(body).toBe(`// In the database, but not synced by Zero:
//   posts.photo: bytea

import { createBuilder, createSchema, number, relationships, type Row, string, table } from '@rocicorp/zero'

export const postsTable = table('posts')
  .columns({
    id: number(),
    authorId: number().from('author_id'),
  })
  .primaryKey('id')

export const usersTable = table('users')
  .columns({
    id: number(),
    fullName: string().from('full_name').optional(),
  })
  .primaryKey('id')

export const postsRelationships = relationships(postsTable, ({ one }) => ({
  author: one({ sourceField: ['authorId'], destField: ['id'], destSchema: usersTable }),
}))

export const usersRelationships = relationships(usersTable, ({ many }) => ({
  posts: many({ sourceField: ['id'], destField: ['authorId'], destSchema: postsTable }),
}))

export const schema = createSchema({
  tables: [postsTable, usersTable],
  relationships: [postsRelationships, usersRelationships],
})

export type Schema = typeof schema

export const zql = createBuilder(schema)

export type Post = Row<Schema['tables']['posts']>
export type User = Row<Schema['tables']['users']>

declare module '@rocicorp/zero' {
  interface DefaultTypes {
    schema: Schema
  }
}
`)
  })

  test('does not depend on the order in which tables were made', () => {
    const reversed = Object.fromEntries(Object.entries(tables).toReversed())
    expect(generate(reversed).text).toBe(generate(tables).text)
  })

  test('tells in its first lines whether somebody changed it', () => {
    const { text } = generate(tables)
    expect(whoseSchema(text)).toBe('ours')
    expect(whoseSchema(text.replaceAll('\n', '\r\n'))).toBe('ours')
    expect(whoseSchema(text.replace('fullName', 'name'))).toBe('edited')
    expect(whoseSchema("import { table } from '@rocicorp/zero'\n")).toBe('foreign')
  })

  test('is the same as that of another version, and another when a column changes', () => {
    const { text } = generate(tables)
    expect(sameSchema(text.replace(/rowferry \S+/, 'rowferry 9.9.9'), text)).toBe(true)
    expect(sameSchema(text, generate({ ...tables, users: { columns: ['id int8 pk'] } }).text)).toBe(false)
  })

  test('of nothing is a schema of nothing', () => {
    expect(generate({}).text).toContain('createSchema({\n  tables: [],\n})')
  })

  test('lets no name out of its comment or its quotes', () => {
    const { text } = generate({
      'a\nb\u2028*/': { columns: ['id int8 pk', 'c\nd"\' bytea'] },
      "x'); evil('": { columns: ['id int8 pk'] },
    })
    expect(text).toContain(String.raw`//   a\nb\u2028*/`)
    expect(text).toContain('.from("x\'); evil(\'")')
    expect(text).toContain(".from('a\\nb\\u2028*/')")
  })
})
