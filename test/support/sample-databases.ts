import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { givenFolder } from './folders.ts'

/** A SQLite database with this content, in a folder that is removed when the test has ended. Gives its path. */
export function givenSqlite(content: string | ((db: DatabaseSync) => void), name = 'app.db'): string {
  const path = join(givenFolder(), name)
  changeSqlite(path, content)
  return path
}

/** Opens a database for writing, as the application to which it belongs would. */
export function changeSqlite(path: string, content: string | ((db: DatabaseSync) => void)): void {
  const db = new DatabaseSync(path, { enableForeignKeyConstraints: false, enableDoubleQuotedStringLiterals: true })
  try {
    if (typeof content === 'string') db.exec(content)
    else content(db)
  } finally {
    db.close()
  }
}

/** A small shop: every common type, keys of all kinds, an index of each sort, a view. Its values all fit. */
export const shopSql = `
  create table customers (
    id integer primary key autoincrement,
    name text not null,
    email varchar(80) collate nocase unique,
    vip boolean not null default 0,
    born date,
    seen datetime,
    balance decimal(10,2),
    settings json,
    photo blob,
    score real
  );
  create table orders (
    id integer primary key,
    customer_id integer not null references customers(id) on delete cascade,
    placed_at timestamp not null default current_timestamp,
    total numeric check (total >= 0)
  );
  create table order_lines (
    order_id integer not null references orders(id),
    line integer not null,
    product text not null,
    primary key (order_id, line)
  ) without rowid;
  create index orders_by_customer on orders(customer_id, placed_at desc);
  create index vip_names on customers(name) where vip;
  create view large_orders as select id, total from orders where total > 100;
  insert into customers values
    (1, 'Ada', 'ada@example.org', 1, '1815-12-10', '2024-02-29 12:30:00', 12.50, '{"theme":"dark"}', x'00ff10', 0.1),
    (2, 'Grace', 'grace@example.org', 0, null, null, -3.05, null, null, 1e300),
    (3, 'Zoë 日本 🎉', null, 0, '1900-01-01', '1999-12-31 23:59:59.123456', 0, '[1,2]', x'', -0.5),
    (40, 'gone', null, 0, null, null, null, null, null, null);
  delete from customers where id = 40;
  insert into orders values (1, 1, '2024-03-01 10:00:00', 250), (2, 1, '2024-03-02 11:00:00', 9.99), (3, 2, '2024-03-03 12:00:00', null);
  insert into order_lines values (1, 1, 'lamp'), (1, 2, 'oil'), (2, 1, 'wick');
`
