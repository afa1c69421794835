import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import { affinity, type Affinity, typeArguments, typeFamily, type TypeFamily } from './declared-type.ts'

/** Declared names as people, ORMs and other databases write them; `;` separates them. */
const names: Readonly<Record<TypeFamily, string>> = {
  integer:
    'INT;INTEGER;integer;TINYINT;SMALLINT;MEDIUMINT;BIGINT;BIGINT(20);UNSIGNED BIG INT;INT2;INT4;INT8;int unsigned;integer unsigned;' +
    'INTEGER UNSIGNED;BIGINT UNSIGNED;INTEGER(11);tinyint(1);unsigned big int;short integer;integer auto_increment;CHAR_INT;' +
    'INTEGER_OR_TEXT;intege;YEAR;year(4);SERIAL;bigserial;POINT;LONG;unsigned;BYTE;uint64',
  boolean: 'BOOL;BOOLEAN;Boolean;bool(1);BIT;bit(1);boolean integer',
  real: 'REAL;FLOAT;FLOAT4;FLOAT8;float(24);DOUBLE;DOUBLE PRECISION;double(10,2);double unsigned;long double',
  numeric:
    'NUMERIC;NUMERIC(10,2);NUM;NUMBER;number(10);DECIMAL;DECIMAL (10, 2);decimal(10);dec;MONEY;smallmoney;CURRENCY;decimal unsigned',
  text:
    'TEXT;TEXT(50);CHAR(3);CHARACTER(20);VARCHAR;VARCHAR(255);varchar(max);VARCHAR2(10);NVARCHAR(100);NCHAR(55);CHARACTER VARYING(3);' +
    'VARYING CHARACTER(255);NATIVE CHARACTER(70);native character(70);LONGVARCHAR;STRING;TINYTEXT;MEDIUMTEXT;LONGTEXT;NTEXT;CLOB;' +
    "DATETEXT;text nocase;text[];citext;ENUM;enum('a','b');bpchar;long varchar;string(10);xml;MYTEXT",
  date: 'DATE;date;Date',
  time: 'TIME;time(6);TIME WITH TIME ZONE;timetz',
  timestamp:
    'DATETIME;DATETIME(6);datetime2;DATETIME2(7);SMALLDATETIME;TIMESTAMP;timestamp(3);TIMESTAMP WITH TIME ZONE;' +
    'timestamp without time zone;TIMESTAMPTZ;datetimeoffset;date time;timestamp_ntz(9);datetime64',
  json: 'JSON;JSONB;json',
  uuid: 'UUID;GUID;UNIQUEIDENTIFIER;uniqueidentifier;uuid(36)',
  blob: 'BLOB;TINYBLOB;LONGBLOB;BINARY(16);VARBINARY(255);varbinary;IMAGE;bytea;BYTE[];F32_BLOB(4);binary varying(3);BLOB SUB_TYPE 0',
  none: ';ANY;FOOBAR;GEOMETRY;VECTOR(3);my type;constructor;__proto__;toString;bit(8);(3); ',
}

describe('typeFamily', () => {
  test.each(Object.entries(names).flatMap(([family, list]) => list.split(';').map((name) => [name, family] as const)))(
    '%j belongs to %s',
    (name, family) => {
      expect(typeFamily(name)).toBe(family)
    },
  )

  test('does not depend on case', () => {
    for (const name of Object.values(names).join(';').split(';')) {
      expect(typeFamily(name.toLowerCase())).toBe(typeFamily(name.toUpperCase()))
    }
  })
})

describe('affinity', () => {
  const cases: readonly (readonly [string, Affinity])[] = [
    ['', 'blob'],
    ['BLOB', 'blob'],
    ['real blob', 'blob'],
    ['blob text', 'text'],
    ['text blob', 'text'],
    ['CHARINT', 'integer'],
    ['FLOATING POINT', 'integer'],
    ['STRING', 'numeric'],
    ['DECIMAL(10,5)', 'numeric'],
    ['doublecharacter', 'text'],
    ['xfloax', 'real'],
  ]
  test.each(cases)('of %j is %s', (name, expected) => {
    expect(affinity(name)).toBe(expected)
  })

  test('is what SQLite itself gives the column', () => {
    using database = new DatabaseSync(':memory:')
    for (const name of [...cases.map(([type]) => type), ...Object.values(names).join(';').split(';')]) {
      database.exec(`drop table if exists t; create table t (a ${name === '' ? '' : `"${name}"`})`)
      database.exec("insert into t values ('1'), (1), ('1.5')")
      const classes = database.prepare('select typeof(a) as class from t').all()
      expect([name, classesOf[affinity(name)]]).toEqual([name, classes.map((row) => row['class']).join()])
    }
  })
})

/** Storage classes of '1', 1 and '1.5' in a column of that affinity. */
const classesOf: Readonly<Record<Affinity, string>> = {
  integer: 'integer,integer,real',
  numeric: 'integer,integer,real',
  real: 'real,real,real',
  text: 'text,text,text',
  blob: 'text,integer,text',
}

describe('typeArguments', () => {
  test.each([
    ['DECIMAL(10,2)', [10, 2]],
    ['decimal (10, 2) unsigned', [10, 2]],
    ['varchar( 255 )', [255]],
    ['number(-2)', [-2]],
    ['varchar(max)', []],
    ["enum('1','2')", []],
    ['text', []],
    ['odd()', []],
    ['', []],
  ])('of %j are %j', (name, expected) => {
    expect(typeArguments(name)).toEqual(expected)
  })
})
