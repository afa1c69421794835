import { DatabaseSync } from 'node:sqlite'
import { isBuiltInCollation } from '../sqlite-identifiers.ts'
import { isName, type Token, tokenize, unquote } from '../parse/sqlite-tokens.ts'

/**
 * Tables WITHOUT ROWID are ordered by their key. Where the key has a collation that only another program knows, SQLite
 * refuses to read them, although a walk through all rows compares nothing. In a private copy the statement of such a table
 * is written without the collation: then SQLite reads every row. What it looks up by such a key there is not to be relied on.
 */

/** True when a table WITHOUT ROWID is ordered by a collation that SQLite does not have. */
export function hasForeignOrder(db: DatabaseSync): boolean {
  const rows = db
    .prepare(
      `select distinct x.coll from pragma_table_list t, pragma_index_list(t.name, 'main') l, pragma_index_xinfo(l.name, 'main') x
       where t.schema = 'main' and t.type = 'table' and t.wr = 1 and l.origin = 'pk' and x.key = 1`,
    )
    .all()
  return rows.some((row) => !isBuiltInCollation(String(row['coll'])))
}

/** Takes foreign collations out of the tables of a private copy, and with them the indexes that are ordered by one. */
export function makePlainOrder(path: string): void {
  const db = new DatabaseSync(path, { enableForeignKeyConstraints: false, defensive: false })
  try {
    db.exec('pragma writable_schema = on; begin immediate')
    const rows = db
      .prepare("select rowid, type, sql from sqlite_schema where type in ('table', 'index') and sql is not null")
      .all()
    const change = db.prepare('update sqlite_schema set sql = ? where rowid = ?')
    const remove = db.prepare('delete from sqlite_schema where rowid = ?')
    for (const { rowid, type, sql } of rows) {
      const plain = withoutForeignCollations(String(sql))
      if (plain === sql) continue
      if (type === 'table') change.run(plain, Number(rowid))
      else remove.run(Number(rowid))
    }
    db.exec('commit')
  } finally {
    db.close()
  }
}

/** Every `COLLATE name` but those of SQLite's own becomes blanks, so that all else stays where it is. */
export function withoutForeignCollations(sql: string): string {
  const tokens = tokenize(sql)
  const significant = tokens.filter(({ kind }) => kind !== 'space' && kind !== 'comment')
  let plain = sql
  for (const [at, token] of significant.entries()) {
    const name = significant[at + 1]
    if (!isName(name) || !isCollate(token) || isBuiltInCollation(unquote(name))) continue
    plain = plain.slice(0, token.from) + ' '.repeat(name.to - token.from) + plain.slice(name.to)
  }
  return plain
}

/** Collations that a piece of SQL names and SQLite does not have. */
export function namesForeignCollation(sql: string): boolean {
  return withoutForeignCollations(sql) !== sql
}

function isCollate({ kind, text }: Token): boolean {
  return kind === 'word' && text.toUpperCase() === 'COLLATE'
}
