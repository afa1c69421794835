import { describe, test } from 'vitest'
import { expectCase } from '../support/case-outcome.ts'

const nul = `create table t(id integer primary key, s text); insert into t values (1, 'ok'), (2, 'a' || char(0) || 'b'), (3, 'after')`
const latin = `create table t(id integer primary key, s text); insert into t values (1, 'ok'), (2, cast(x'66fc6e66' as text)), (3, 'after')`

describe.concurrent('text and encodings', () => {
  test('NUL is stripped and listed, and what stands behind it is kept', () =>
    expectCase({
      sqlite: nul,
      exitCode: 5,
      tables: {
        t: [
          [1, 'ok'],
          [2, 'ab'],
          [3, 'after'],
        ],
      },
      warnings: { 'text-with-nul t.s': /\(id 2\)/ },
      altered: [
        { table: 't', key: { id: 2 }, column: 's', before: 'a\0b', after: 'ab', rule: 'nul-stripped', declared: false },
      ],
    }))

  test('nul: escape writes it as two characters', () =>
    expectCase({
      sqlite: nul,
      config: { nul: 'escape' },
      exitCode: 5,
      tables: {
        t: [
          [1, 'ok'],
          [2, 'a\\0b'],
          [3, 'after'],
        ],
      },
      warnings: { 'text-with-nul t.s': /\(id 2\)/ },
      altered: [{ key: { id: 2 }, after: 'a\\0b', rule: 'nul-escaped' }],
    }))

  test('nul: reject leaves out the row, and only that', () =>
    expectCase({
      sqlite: nul,
      config: { nul: 'reject' },
      exitCode: 5,
      tables: {
        t: [
          [1, 'ok'],
          [3, 'after'],
        ],
      },
      warnings: { 'text-with-nul t.s': /\(id 2\)/ },
      rejected: [{ key: { id: 2 }, column: 's', value: 'a\0b' }],
    }))

  test('a byte of Latin-1 becomes U+FFFD, listed with the bytes it was', () =>
    expectCase({
      sqlite: latin,
      exitCode: 5,
      tables: {
        t: [
          [1, 'ok'],
          [2, 'f\ufffdnf'],
          [3, 'after'],
        ],
      },
      warnings: { 'invalid-text t.s': /\(id 2\)/ },
      altered: [
        { key: { id: 2 }, column: 's', before: '\\x66fc6e66', after: 'f\ufffdnf', rule: 'invalid-utf8-replaced' },
      ],
    }))

  test('an encoding that the configuration names for the column reads it', () =>
    expectCase({
      sqlite: latin,
      config: { tables: { t: { columns: { s: { invalidUtf8: 'latin1' } } } } },
      tables: {
        t: [
          [1, 'ok'],
          [2, 'fünf'],
          [3, 'after'],
        ],
      },
      warnings: { 'invalid-text t.s': /\(id 2\)/ },
      altered: [{ key: { id: 2 }, before: '\\x66fc6e66', after: 'fünf', rule: 'invalid-utf8-decoded', declared: true }],
    }))

  test('invalidUtf8: bytea keeps every byte of the column', () =>
    expectCase({
      sqlite: latin,
      config: { invalidUtf8: 'bytea' },
      tables: {
        t: [
          [1, '\\x6f6b'],
          [2, '\\x66fc6e66'],
          [3, '\\x6166746572'],
        ],
      },
      columns: { t: 'id bigint identity, s bytea' },
      warnings: { 'type-widened t.s': /not valid UTF-8.*\(id 2\)/, 'text-in-blob t.s': /3 texts/ },
    }))

  test('invalidUtf8: reject leaves out the row, with its key and bytes', () =>
    expectCase({
      sqlite: latin,
      config: { invalidUtf8: 'reject' },
      exitCode: 5,
      tables: {
        t: [
          [1, 'ok'],
          [3, 'after'],
        ],
      },
      warnings: { 'invalid-text t.s': /\(id 2\)/ },
      rejected: [{ key: { id: 2 }, column: 's', value: '\\x66fc6e66' }],
    }))

  test('halves of surrogate pairs and characters beyond the last one', () =>
    expectCase({
      sqlite: `create table t(id integer primary key, s text);
        insert into t values (1, 'ok'), (2, cast(x'eda080' as text)), (3, cast(x'f4908080' as text)), (4, 'after')`,
      exitCode: 5,
      tables: {
        t: [
          [1, 'ok'],
          [2, '\ufffd\ufffd\ufffd'],
          [3, '\ufffd\ufffd\ufffd\ufffd'],
          [4, 'after'],
        ],
      },
      warnings: { 'invalid-text t.s': /2 texts/ },
      altered: [
        { key: { id: 2 }, before: '\\xeda080', rule: 'invalid-utf8-replaced' },
        { key: { id: 3 }, before: '\\xf4908080', rule: 'invalid-utf8-replaced' },
      ],
    }))

  test('databases in UTF-16, of either byte order', async () => {
    for (const encoding of ['UTF-16le', 'UTF-16be']) {
      await expectCase({
        sqlite: `pragma encoding = '${encoding}'; create table "Größe"(id integer primary key, "日本" text default 'ä');
          insert into "Größe" values (1, 'héllo 日本 🎉')`,
        tables: { Größe: [[1, 'héllo 日本 🎉']] },
        columns: { Größe: "id bigint identity, 日本 text default 'ä'::text" },
      })
    }
  })

  test('everything that a COPY in text form would have to escape', () =>
    expectCase({
      sqlite: (db) => {
        db.exec('create table t(id integer primary key, s text)')
        const insert = db.prepare('insert into t(s) values (?)')
        for (const text of awkwardTexts) insert.run(text)
      },
      tables: { t: awkwardTexts.map((text, index) => [index + 1, text]) },
    }))
})

const awkwardTexts = [
  '🎉 é e\u0301 \u200d \ufeff',
  'tab\there',
  'line\nfeed\r\nand return',
  'back\\slash',
  '\\N',
  '\\.',
  '\\x00',
  '',
  ' ',
  'NULL',
  `'quotes' "double" \`back\``,
  '\u0001\u001f\u007f',
]
