import type { ClientBase } from 'pg'
import type { Issue } from '../model/batch.ts'
import type { TableName } from '../model/catalog.ts'

const pageRows = 2000

/**
 * The transfer's rejects or alterations, of one table or all, in the order in which they were stored; read page by page
 * over the primary key, so that neither side holds them all.
 */
export async function* readIssues(
  client: ClientBase,
  transferId: string,
  kind: Issue['kind'],
  table?: TableName,
): AsyncGenerator<{ readonly table: TableName; readonly line: string }> {
  let after = '0'
  while (true) {
    const { rows } = await client.query<{ id: string; table_schema: string; table_name: string; line: string }>(
      `select id, table_schema, table_name, line::text as line from rowferry.issues
       where transfer_id = $1 and kind = $2 and id > $3
         and ($4::text is null or (table_schema = $4 and table_name = $5))
       order by id limit ${pageRows}`,
      [transferId, kind, after, table?.schema ?? null, table?.name ?? null],
    )
    for (const row of rows) {
      after = row.id
      yield { table: { schema: row.table_schema, name: row.table_name }, line: row.line }
    }
    if (rows.length < pageRows) return
  }
}

/** After they were written to the transfer's folder. */
export async function deleteIssues(client: ClientBase, transferId: string): Promise<void> {
  await client.query('delete from rowferry.issues where transfer_id = $1', [transferId])
}
