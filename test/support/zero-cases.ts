import type { ZeroConditionName } from '../../src/zero/examine/conditions.ts'
import type { ZeroSettings } from '../../src/model/zero.ts'

/** A database that has a condition, for the doctor's tests and for those that run the real zero-cache against it. */
export type ZeroCase = {
  readonly condition: ZeroConditionName
  /** Makes the database. */
  readonly sql: string
  /** Objects of the findings of this condition, in order. */
  readonly objects: readonly string[]
  /** Settings that differ from `zeroSettings`. */
  readonly settings?: Partial<ZeroSettings>
  /** Mends what only a person can decide; left out: the findings' own fixes mend it. */
  readonly mend?: string
  /** PostgreSQL's oldest and newest major version that has it. */
  readonly versions?: readonly [number, number]
}

/** The defaults of `zero:`. */
export const zeroSettings: ZeroSettings = {
  schemaFile: 'schema.ts',
  queriesFile: null,
  naming: 'camelCase',
  defaults: 'required',
  publication: null,
  surrogateKey: 'rowid',
  int8: 'auto',
  bytea: 'omit',
  indexForeignKeys: true,
  jsonTypesFrom: null,
  tables: new Map(),
}

const hiddenColumns = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n']

/** Every condition of the catalog and of the rows. Those of the server need servers of their own. */
export const zeroCases: readonly ZeroCase[] = [
  {
    condition: 'table-name',
    sql: `create table "order items" (id int8 primary key); create table "2024" (id int8 primary key); create table "naïve" (id int8 primary key)`,
    objects: ['table "2024"', 'table "naïve"', 'table "order items"'],
    mend: `alter table "order items" rename to order_items; alter table "2024" rename to "_2024"; alter table "naïve" rename to naive`,
  },
  {
    condition: 'column-name',
    sql: 'create table t (id int8 primary key, "first name" text, "1st" text, "a.b" text, "a-b" text, "order" text)',
    objects: ['column t."first name"', 'column t."1st"'],
    mend: 'alter table t rename "first name" to first_name; alter table t rename "1st" to "_1st"',
  },
  {
    condition: 'reserved-column',
    sql: 'create table t (id int8 primary key, _0_version text); create table u (id int8 primary key, __proto__ text)',
    objects: ['column t."_0_version"', 'column u."__proto__"'],
    mend: 'alter table t rename _0_version to version; alter table u rename __proto__ to proto',
  },
  {
    condition: 'reserved-name',
    sql: 'create table sqlite_t (id int8 constraint t_key primary key)',
    objects: ['table "sqlite_t"'],
    mend: 'alter table sqlite_t rename to t',
  },
  {
    condition: 'reserved-name',
    sql: 'create table t (id int8 primary key, a text); create index sqlite_autoindex_t_1 on t (a)',
    objects: ['index "sqlite_autoindex_t_1" of t'],
  },
  {
    condition: 'table-case',
    sql: 'create table t (id int8 primary key); create table "T" (id int8 constraint other_key primary key)',
    objects: ['table "t"'],
    mend: 'alter table "T" rename to other',
  },
  {
    condition: 'column-case',
    sql: 'create table t (id int8 primary key, "Name" text, name text)',
    objects: ['column t."name"'],
    mend: 'alter table t rename "Name" to full_name',
  },
  {
    condition: 'index-case',
    sql: 'create table t (id int8 primary key, a text, b text); create index by_a on t (a); create index "By_A" on t (b)',
    objects: ['index "by_a" of t'],
  },
  {
    condition: 'index-like-table',
    sql: 'create table t (id int8 primary key, a text); create table users (id int8 primary key); create index "Users" on t (a)',
    objects: ['index "Users" of t'],
  },
  {
    condition: 'column-type-aborts',
    sql: 'create table t (id int8 primary key, a point, b box, c lseg, d line, e name, f oidvector, g int2vector)',
    objects: ['column t.a', 'column t.b', 'column t.c', 'column t.d', 'column t.e', 'column t.f', 'column t.g'],
    mend: ['a', 'b', 'c', 'd', 'e', 'f', 'g']
      .map((name) => `alter table t alter column ${name} type text using ${name}::text`)
      .join('; '),
  },
  {
    condition: 'array-dimensions',
    sql: 'create table t as select 1::int8 as id, array[1, 2] as numbers; alter table t add primary key (id)',
    objects: ['column t.numbers'],
  },
  {
    condition: 'replica-identity-nothing',
    sql: 'create table t (id int8 primary key); alter table t replica identity nothing',
    objects: ['table t'],
  },
  {
    condition: 'replica-identity-index',
    sql: 'create table t (id int8 primary key, a text not null); create unique index by_a on t (a); alter table t replica identity using index by_a; drop index by_a',
    objects: ['table t'],
  },
  { condition: 'no-key', sql: 'create table t (a int8, b text)', objects: ['table t'] },
  {
    condition: 'no-key',
    sql: 'create table t (a int8 not null, b text); create unique index on t (a) where b is null; create unique index on t (b)',
    objects: ['table t'],
  },
  { condition: 'key-type', sql: 'create table t (id bytea primary key, a text)', objects: ['table t'] },
  {
    condition: 'key-deferrable',
    sql: 'create table t (id int8 primary key deferrable, a text)',
    objects: ['table t'],
  },
  { condition: 'unlogged-table', sql: 'create unlogged table t (id int8 primary key)', objects: ['table t'] },
  {
    condition: 'unlogged-table',
    sql: 'create unlogged table b (id int8 primary key); create unlogged table a (id int8 primary key references b)',
    objects: ['table a', 'table b'],
  },
  {
    condition: 'foreign-table',
    sql: 'create foreign data wrapper nowhere; create server nowhere foreign data wrapper nowhere; create foreign table t (id int8) server nowhere',
    objects: ['table t'],
    mend: 'drop foreign table t',
  },
  {
    condition: 'column-type-hidden',
    sql: `create type pair as (a int4, b int4); create domain short as varchar(20);
      create table t (id int8 primary key, a bytea, b interval, c money, d bit(3), e varbit, f xml, g tsvector, h oid,
        i "char", j short, k pair, l int4range, m circle, n int4multirange)`,
    objects: hiddenColumns.map((name) => `column t.${name}`),
    mend: hiddenColumns.map((name) => `alter table t alter column ${name} type text using ${name}::text`).join('; '),
    versions: [14, 99],
  },
  {
    condition: 'array-elements',
    sql: 'create table t (id int8 primary key, a bytea[], b interval[], c int4[])',
    objects: ['column t.a', 'column t.b'],
    mend: 'alter table t alter column a type text[] using a::text[]; alter table t alter column b type text[] using b::text[]',
  },
  {
    condition: 'generated-column',
    sql: 'create table t (id int8 primary key, a int4, b int4 generated always as (a + 1) stored)',
    objects: ['column t.b'],
    mend: 'alter table t alter column b drop expression',
  },
  {
    condition: 'foreign-key-unindexed',
    sql: `create table p (a int8, b int8, primary key (a, b));
      create table c (id int8 primary key, x int8, y int8, foreign key (x, y) references p); create index on c (x);
      create table d (y int8, x int8, n int8, primary key (x, y, n), foreign key (x, y) references p)`,
    objects: ['foreign key c (x, y)'],
  },
  {
    condition: 'excluded-still-sent',
    sql: 'create table t (id int8 primary key, secret text); create table u (id int8 primary key)',
    settings: {
      tables: new Map([
        [
          't',
          {
            exclude: false,
            columns: new Map([['secret', { exclude: true, jsonType: null, int8: null, bytea: null }]]),
          },
        ],
        ['u', { exclude: true, columns: new Map() }],
      ]),
    },
    objects: ['column t.secret', 'table u'],
    mend: 'alter table t drop column secret; drop table u',
  },
  {
    condition: 'publication-missing',
    sql: 'create table t (id int8 primary key)',
    settings: { publication: 'zero_data' },
    objects: ['publication zero_data'],
    mend: 'create publication zero_data for table t',
  },
  {
    condition: 'publication-operations',
    sql: `create table t (id int8 primary key); create publication zero_data for table t with (publish = 'insert, update')`,
    settings: { publication: 'zero_data' },
    objects: ['publication zero_data'],
  },
  {
    condition: 'not-published',
    sql: `create table t (id int8 primary key, a text, b text, hidden point); create table u (id int8 primary key, a point);
      create table "v w" (id int8 primary key); create publication zero_data for table t (id, b)`,
    settings: { publication: 'zero_data' },
    objects: ['column t.a', 'table u', 'table v w'],
    mend: `alter table "v w" rename to v; alter publication zero_data set table t (id, a, b), u (id), v`,
  },
  {
    condition: 'not-published',
    sql: 'create table t (id int8 primary key); create table u (id int8 primary key, a point); create publication zero_data',
    settings: { publication: 'zero_data' },
    objects: ['table t', 'table u'],
  },
  {
    condition: 'no-key',
    sql: 'create table t (a int8); create publication zero_data',
    settings: { publication: 'zero_data' },
    objects: ['table t'],
  },
  {
    condition: 'int8-range',
    sql: `create table t (id int8 primary key, a int8, b int8, c int8); insert into t
      values (1, 9007199254740991, -9007199254740991, 5), (2, 9007199254740993, 0, null), (-9223372036854775808, 0, -9007199254740993, 5)`,
    objects: ['column t.id', 'column t.a', 'column t.b'],
    mend: 'truncate t',
  },
  {
    condition: 'number-range',
    sql: `create table t (id int8 primary key, a float8, b float4, c numeric, d numeric(18,2), e numeric(30,2), f float8);
      insert into t values (1, 9223372036854775808, -1e20, 1e20, 1e15, -1e20, 1e25), (2, 1e21, 'NaN', 0, 0, 'NaN', 9e18)`,
    objects: ['column t.a', 'column t.b', 'column t.c', 'column t.e'],
    mend: 'truncate t',
  },
  {
    condition: 'numeric-lossy',
    sql: `create table t (id int8 primary key, a numeric, b numeric(30,9), c numeric(20,5), d numeric);
      insert into t values (1, 0.1, 123456789.123456789, 0.1, 1e400), (2, 9007199254740993, 2.5, 123.25, 'NaN')`,
    objects: ['column t.a', 'column t.b', 'column t.d'],
    mend: 'truncate t',
  },
  {
    condition: 'numeric-garbled',
    sql: `create table t (id int8 primary key, a numeric, b numeric, c numeric, d numeric(20,14), e numeric, f numeric(30,12), g numeric);
      insert into t values (1, 0.0123456789012345, 0.1234567890123456, -0.00012345678901, 0.05000000000001, 0.00001234567890123456, 0.012345678901, 0.00001234),
        (2, null, 1.0001000100010001, 'NaN', 0, 0, 0, 0.0000000000001234), (3, 0, 0.1, 0.01, 0, 0, 0, 0.0000123456789012)`,
    objects: ['column t.a', 'column t.c', 'column t.d', 'column t.e'],
    mend: 'alter table t alter a type float8, alter c type float8, alter d type float8, alter e type float8',
  },
  {
    condition: 'not-finite',
    sql: `create table t (id int8 primary key, a float8, b numeric(10,2), c float4, d numeric(10,2));
      insert into t values (1, 'NaN', 'NaN', '-Infinity', 1)`,
    objects: ['column t.a', 'column t.b', 'column t.c'],
    mend: 'truncate t',
  },
  {
    condition: 'infinite-time',
    sql: `create table t (id int8 primary key, a timestamptz, b timestamp, c date, d date);
      insert into t values (1, 'infinity', '-infinity', 'infinity', '2024-01-31')`,
    objects: ['column t.a', 'column t.b', 'column t.c'],
    mend: 'truncate t',
  },
  {
    condition: 'char-padding',
    sql: `create table t (id int8 primary key, a char(5), b char(2)); insert into t values (1, 'ab', 'cd'), (2, null, 'ef')`,
    objects: ['column t.a'],
    mend: 'alter table t alter column a type text',
  },
]
