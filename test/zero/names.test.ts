import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { givenFolder } from '../support/folders.ts'
import { givenDatabase, query } from '../support/postgres.ts'
import { givenSqlite } from '../support/sample-databases.ts'
import { migrateForZero } from './support/migrate-for-zero.ts'
import { proveSync } from './support/prove-sync.ts'

/** Words that mean something in SQL, TypeScript, the generated file, or every JavaScript object. Zero takes them all. */
const keptTables = words(`
  order select group user table string number boolean json enumeration relationships schema zql createSchema createBuilder Row
  DefaultTypes class default await constructor toString undefined Object Array a-b _leading snake_case camelCase UPPER fooTable foo`)
const keptColumns = words(`
  select where type class constructor toString optional from dash-ed x.y _x user_id userId UPPER_CASE related one limit string
  number tableName hasOwnProperty valueOf`)
/** What Zero refuses. */
const changedTables = ['has space', '1st', 'dollar$', 'dot.ted', 'café', 'quo"ted', "apo'strophe", '日本', 'per%cent']
const changedColumns = ['with space', '2nd', 'cash$', 'naïve', '_0_version', '__proto__', 'quo"ted', '名']

const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`

function words(text: string): string[] {
  return text.trim().split(/\s+/)
}

describe('names', () => {
  test('that Zero takes stay, those that it refuses are made legal; all of them load and sync', async () => {
    const columns = [...keptColumns, ...changedColumns].map((name) => `${quote(name)} text`)
    const source = givenSqlite(`
      ${[...keptTables, ...changedTables].map((name) => `create table ${quote(name)} (id integer primary key, v text); insert into ${quote(name)} values (1, 'x'), (2, null);`).join('\n')}
      create table wide (id integer primary key, ${columns.join(', ')});
      insert into wide (id, "user_id", "userId", "with space", "__proto__") values (1, 'a', 'b', 'c', 'd'), (2, null, null, null, null);
    `)
    const folder = givenFolder()
    await using database = await givenDatabase()
    const migrated = await migrateForZero(source, { url: database.url, folder })
    const tables = await query(
      database.url,
      `select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'`,
    )
    const names = tables.map(({ name }) => name)
    expect(names).toEqual(expect.arrayContaining(keptTables))
    expect(names.filter((name) => !/^[A-Za-z_]+[A-Za-z0-9_-]*$/.test(name ?? ''))).toEqual([])
    expect(names).toHaveLength(keptTables.length + changedTables.length + 1)
    const found = await query(
      database.url,
      `select attname as name from pg_attribute where attrelid = 'wide'::regclass and attnum > 0`,
    )
    expect(found.map(({ name }) => name)).toEqual(expect.arrayContaining(['id', ...keptColumns]))
    const proof = await proveSync({ url: database.url, ...migrated })
    expect(proof.leftOut).toEqual([])
    expect(proof.rows).toBe(2 * names.length)
  })

  test('of relationships are never those of columns or of each other', async () => {
    const source = givenSqlite(`
      create table author (id integer primary key, name text not null);
      create table post (
        id integer primary key,
        author text, author_id integer not null references author(id), editor_id integer references author(id),
        reviewer integer references author(id), "authorRel" text, parent_id integer references post(id), posts text
      );
      create table tag (id integer primary key, label text, posts integer);
      create table post_tag (post_id integer not null references post(id), tag_id integer not null references tag(id), primary key (post_id, tag_id));
      create table follows (author_id integer not null references author(id), follower_id integer not null references author(id), primary key (author_id, follower_id));
      create table place (country text not null, city text not null, twin_country text, twin_city text, mayor_id integer references author(id), mayor text,
        primary key (country, city), foreign key (twin_country, twin_city) references place(country, city));
      create table visit (id integer primary key, place text, country text not null, city text not null, foreign key (country, city) references place(country, city));
      insert into author values (1, 'Ada'), (2, 'Grace'), (3, 'Barbara');
      insert into post values (1, 'a', 1, 2, 3, 'x', null, 'p'), (2, 'b', 1, null, null, 'y', 1, 'q'), (3, null, 3, 3, 1, null, 1, null);
      insert into tag values (1, 'sql', 5), (2, 'zero', null);
      insert into post_tag values (1, 1), (1, 2), (3, 2);
      insert into follows values (1, 2), (2, 1), (3, 1);
      insert into place values ('de', 'Köln', null, null, 1, 'm'), ('fr', 'Lille', 'de', 'Köln', null, null);
      insert into visit values (1, 'x', 'fr', 'Lille'), (2, null, 'de', 'Köln');
    `)
    const folder = givenFolder()
    await using database = await givenDatabase()
    const migrated = await migrateForZero(source, { url: database.url, folder })
    const proof = await proveSync({ url: database.url, ...migrated })
    // Eleven foreign keys, each from both ends, and at least the two ways through post_tag.
    expect(proof.relationships, readFileSync(migrated.schemaFile, 'utf8')).toBeGreaterThanOrEqual(2 * 11 + 2)
  })
})
