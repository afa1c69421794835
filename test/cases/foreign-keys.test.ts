import { describe, test } from 'vitest'
import { expectCase } from '../support/case-outcome.ts'

describe.concurrent('foreign keys', () => {
  test('a reference without columns is to the key of the parent', () =>
    expectCase({
      sqlite: `create table p(id integer primary key); create table c(id integer primary key, pid integer references p);
        insert into p values (1); insert into c values (1, 1)`,
      tables: { p: [[1]], c: [[1, 1]] },
      constraints: { c: ['FOREIGN KEY (pid) REFERENCES p(id)', 'PRIMARY KEY (id)'] },
      afterwards: { 'insert into c(pid) values (9)': '23503' },
    }))

  test('a reference of several columns is one foreign key', () =>
    expectCase({
      sqlite: `create table p(a integer, b integer, primary key(a, b));
        create table c(id integer primary key, x integer, y integer, foreign key(x, y) references p(a, b));
        create table d(id integer primary key, x integer, y integer, foreign key(x, y) references p);
        insert into p values (1, 2); insert into c values (1, 1, 2); insert into d values (1, 1, 2)`,
      tables: { p: [[1, 2]], c: [[1, 1, 2]], d: [[1, 1, 2]] },
      constraints: {
        c: ['FOREIGN KEY (x, y) REFERENCES p(a, b)', 'PRIMARY KEY (id)'],
        d: ['FOREIGN KEY (x, y) REFERENCES p(a, b)', 'PRIMARY KEY (id)'],
      },
    }))

  test('a reference to a unique column, by constraint or by index', () =>
    expectCase({
      sqlite: `create table p(id integer primary key, code text unique, short text); create unique index one_short on p(short);
        create table c(id integer primary key, pcode text references p(code), pshort text references p(short));
        insert into p values (1, 'x', 's'); insert into c values (1, 'x', 's')`,
      tables: { p: [[1, 'x', 's']], c: [[1, 'x', 's']] },
      constraints: {
        c: ['FOREIGN KEY (pcode) REFERENCES p(code)', 'FOREIGN KEY (pshort) REFERENCES p(short)', 'PRIMARY KEY (id)'],
      },
    }))

  test('a reference to a column that is not unique is named', () =>
    expectCase({
      sqlite: `create table p(id integer primary key, code text); create table c(id integer primary key, pcode text references p(code));
        insert into p values (1, 'x'); insert into c values (1, 'x')`,
      tables: { p: [[1, 'x']], c: [[1, 'x']] },
      constraints: { c: ['PRIMARY KEY (id)'] },
      notCarried: { 'foreign-key c_pcode_fkey': /not unique in p/ },
    }))

  test('actions and DEFERRABLE are kept', () =>
    expectCase({
      sqlite: `create table p(id integer primary key);
        create table c(id integer primary key, a integer references p on delete cascade on update set null,
          b integer references p(id) deferrable initially deferred, d integer references p on delete restrict not deferrable);
        insert into p values (1); insert into c values (1, 1, 1, 1)`,
      tables: { p: [[1]], c: [[1, 1, 1, 1]] },
      constraints: {
        c: [
          'FOREIGN KEY (a) REFERENCES p(id) ON UPDATE SET NULL ON DELETE CASCADE',
          'FOREIGN KEY (b) REFERENCES p(id) DEFERRABLE INITIALLY DEFERRED',
          'FOREIGN KEY (d) REFERENCES p(id) ON DELETE RESTRICT',
          'PRIMARY KEY (id)',
        ],
      },
    }))

  test('orphans are carried and told; the foreign key holds for new rows', () =>
    expectCase({
      sqlite: `create table p(id integer primary key); create table c(id integer primary key, pid integer references p(id));
        insert into p values (1); insert into c values (1, 1), (2, 999), (3, null)`,
      exitCode: 5,
      tables: {
        p: [[1]],
        c: [
          [1, 1],
          [2, 999],
          [3, null],
        ],
      },
      constraints: { c: ['FOREIGN KEY (pid) REFERENCES p(id) NOT VALID', 'PRIMARY KEY (id)'] },
      warnings: { 'orphans c.pid': /1; they are carried.*\{"id":2\} → 999/ },
      changed: { 'foreign-key c_pid_fkey': /NOT VALID: 1 row/ },
      afterwards: { 'insert into c(pid) values (998)': '23503' },
    }))

  test('orphans: reject lists the rows, and the foreign key is whole', () =>
    expectCase({
      sqlite: `create table p(id integer primary key); create table c(id integer primary key, pid integer references p(id));
        insert into p values (1); insert into c values (1, 1), (2, 999)`,
      config: { orphans: 'reject' },
      exitCode: 5,
      tables: { p: [[1]], c: [[1, 1]] },
      constraints: { c: ['FOREIGN KEY (pid) REFERENCES p(id)', 'PRIMARY KEY (id)'] },
      warnings: { 'orphans c.pid': /rejected/ },
      rejected: [{ table: 'c', key: { id: 2 }, code: 'DATA_ORPHAN' }],
    }))

  test('an empty text as "no parent" is an orphan: named, and NULL if one asks for it', async () => {
    const sqlite = `create table p(code text primary key); create table c(id integer primary key, parent text references p(code));
      insert into p values ('x'); insert into c values (1, 'x'), (2, '')`
    await expectCase({
      sqlite,
      exitCode: 5,
      tables: {
        p: [['x']],
        c: [
          [1, 'x'],
          [2, ''],
        ],
      },
      constraints: { c: ['FOREIGN KEY (parent) REFERENCES p(code) NOT VALID', 'PRIMARY KEY (id)'] },
      warnings: { 'orphans c.parent': /\{"id":2\}/ },
      changed: { 'foreign-key c_parent_fkey': /NOT VALID/ },
    })
    await expectCase({
      sqlite,
      config: { orphans: 'null' },
      exitCode: 5,
      tables: {
        p: [['x']],
        c: [
          [1, 'x'],
          [2, null],
        ],
      },
      constraints: { c: ['FOREIGN KEY (parent) REFERENCES p(code)', 'PRIMARY KEY (id)'] },
      warnings: { 'orphans c.parent': /become NULL|becomes NULL/ },
      altered: [{ table: 'c', key: { id: 2 }, column: 'parent', before: '', after: null, rule: 'orphan-to-null' }],
    })
  })

  test('an empty text in a number column that refers to a parent is NULL, and no orphan', () =>
    expectCase({
      sqlite: `create table p(id integer primary key); create table c(id integer primary key, pid integer references p(id));
        insert into p values (1); insert into c values (1, 1), (2, '')`,
      tables: {
        p: [[1]],
        c: [
          [1, 1],
          [2, null],
        ],
      },
      constraints: { c: ['FOREIGN KEY (pid) REFERENCES p(id)', 'PRIMARY KEY (id)'] },
      altered: [{ key: { id: 2 }, column: 'pid', rule: 'empty-to-null', declared: true }],
    }))

  test('a reference to a table that does not exist is named', () =>
    expectCase({
      sqlite: `create table c(id integer primary key, pid integer references nowhere(id)); insert into c values (1, 1)`,
      tables: { c: [[1, 1]] },
      constraints: { c: ['PRIMARY KEY (id)'] },
      notCarried: { 'foreign-key c_pid_fkey': /nowhere does not exist/ },
    }))

  test('a TEXT child of an INTEGER parent becomes bigint when every text is an integer', () =>
    expectCase({
      sqlite: `create table p(id integer primary key); create table c(id integer primary key, pid text references p(id));
        insert into p values (1); insert into c values (1, '1'), (2, null)`,
      tables: {
        p: [[1]],
        c: [
          [1, 1],
          [2, null],
        ],
      },
      columns: { c: 'id bigint identity, pid bigint' },
      constraints: { c: ['FOREIGN KEY (pid) REFERENCES p(id)', 'PRIMARY KEY (id)'] },
    }))

  test('a TEXT child that writes its integers otherwise stays text, and its key is named with what to write', () =>
    expectCase({
      sqlite: `create table p(id integer primary key); create table c(id integer primary key, pid text references p(id));
        insert into p values (1); insert into c values (1, '01')`,
      tables: { p: [[1]], c: [[1, '01']] },
      columns: { c: 'id bigint identity, pid text' },
      constraints: { c: ['PRIMARY KEY (id)'] },
      notCarried: { 'foreign-key c_pid_fkey': /pid is text and p\.id is bigint.*columns: pid: \{type: bigint\}/ },
    }))

  test('key columns whose types would not compare are both made text', () =>
    expectCase({
      sqlite: `create table p(code int primary key); create table c(id integer primary key, pcode text references p(code));
        insert into p values (7); insert into c values (1, '7')`,
      tables: { p: [['7']], c: [[1, '7']] },
      columns: { p: 'code text', c: 'id bigint identity, pcode text' },
      constraints: { c: ['FOREIGN KEY (pcode) REFERENCES p(code)', 'PRIMARY KEY (id)'] },
    }))

  test('NOCASE keys that agree only without regard to case: the foreign key is not validated, and the row is named', () =>
    expectCase({
      sqlite: `create table p(code text collate nocase primary key); create table c(id integer primary key, pcode text collate nocase references p(code));
        insert into p values ('abc'); insert into c values (1, 'ABC')`,
      exitCode: 5,
      tables: { p: [['abc']], c: [[1, 'ABC']] },
      constraints: {
        p: ['PRIMARY KEY (code)', 'UNIQUE INDEX p_nocase_key (lower(code))'],
        c: ['FOREIGN KEY (pcode) REFERENCES p(code) NOT VALID', 'PRIMARY KEY (id)'],
      },
      changed: {
        'primary-key p_pkey': /NOCASE/,
        'foreign-key c_pcode_fkey': /NOT VALID.*\(pcode\)=\(ABC\) is not present/,
      },
      notCarried: { 'collation code': /lower\(\)/, 'collation pcode': /lower\(\)/ },
    }))

  test('names of parents and columns in another case, and reserved words', () =>
    expectCase({
      sqlite: `create table "Parent"(Id integer primary key); create table child(id integer primary key, pid integer references PARENT(ID));
        create table "user"("order" integer primary key, "references" integer references "user"("order"));
        insert into Parent values (1); insert into child values (1, 1); insert into "user" values (1, 1)`,
      tables: { Parent: [[1]], child: [[1, 1]], user: [[1, 1]] },
      constraints: {
        child: ['FOREIGN KEY (pid) REFERENCES "Parent"("Id")', 'PRIMARY KEY (id)'],
        user: ['FOREIGN KEY ("references") REFERENCES "user"("order")', 'PRIMARY KEY ("order")'],
      },
    }))

  test('circles and references to oneself', () =>
    expectCase({
      sqlite: `create table a(id integer primary key, b integer references b); create table b(id integer primary key, a integer references a);
        create table tree(id integer primary key, parent integer references tree on delete set null);
        insert into a values (1, 2); insert into b values (2, 1); insert into tree values (1, 2), (2, null)`,
      tables: {
        a: [[1, 2]],
        b: [[2, 1]],
        tree: [
          [1, 2],
          [2, null],
        ],
      },
      constraints: {
        a: ['FOREIGN KEY (b) REFERENCES b(id)', 'PRIMARY KEY (id)'],
        b: ['FOREIGN KEY (a) REFERENCES a(id)', 'PRIMARY KEY (id)'],
        tree: ['FOREIGN KEY (parent) REFERENCES tree(id) ON DELETE SET NULL', 'PRIMARY KEY (id)'],
      },
    }))
})
