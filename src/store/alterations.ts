import type { ClientBase } from 'pg'
import type { RowKey } from '../model/batch.ts'
import type { TableName } from '../model/catalog.ts'

/** Takes alterations of rows that were refused after their batch out of the list and out of the counts. Keys are compared by their text. */
export async function deleteAlterations(
  client: ClientBase,
  { transferId, table }: { readonly transferId: string; readonly table: TableName },
  keys: readonly RowKey[],
): Promise<void> {
  if (keys.length === 0) return
  await client.query(
    `with refused as (
       select ${textKey('key')} as key from unnest($4::json[]) as keys (key)
     ), deleted as (
       delete from rowferry.issues
       where transfer_id = $1 and table_schema = $2 and table_name = $3 and kind = 'altered'
         and ${textKey(`line -> 'key'`)} in (select key from refused)
       returning shard, (line ->> 'declared')::boolean as declared
     ), counted as (
       select shard, count(*) filter (where not declared) as altered, count(*) filter (where declared) as declared
       from deleted group by shard
     )
     update rowferry.shards as s set altered = s.altered - c.altered, declared_conversions = s.declared_conversions - c.declared
     from counted as c
     where s.transfer_id = $1 and s.table_schema = $2 and s.table_name = $3 and s.number = c.shard`,
    [transferId, table.schema, table.name, keys.map((key) => JSON.stringify(key))],
  )
}

/** `{"id": 1}` and `{"id": "1"}` are the same key: the target's is read as text. */
function textKey(json: string): string {
  return `(select jsonb_object_agg(e.key, e.value) from json_each_text(${json}) as e)`
}
