import type { ClientBase } from 'pg'
import type { ObjectReport } from '../model/report.ts'

/** Notes what became of objects; in the transaction that makes them, so that a killed run does not try them twice. */
export async function markObjects(
  client: ClientBase,
  transferId: string,
  step: number,
  made: readonly { readonly number: number; readonly report: ObjectReport }[],
): Promise<void> {
  await client.query(
    `insert into rowferry.objects (transfer_id, step, number, report)
     select $1, $2, made.number, made.report from unnest($3::int[], $4::json[]) as made (number, report)
     on conflict (transfer_id, step, number) do update set report = excluded.report`,
    [transferId, step, made.map(({ number }) => number), made.map(({ report }) => JSON.stringify(report))],
  )
}

/** Reports of the objects of a step that were tried already, by their number in the step. */
export async function readObjects(
  client: ClientBase,
  transferId: string,
  step: number,
): Promise<Map<number, ObjectReport>> {
  const { rows } = await client.query<{ number: string; report: string }>(
    'select number, report::text as report from rowferry.objects where transfer_id = $1 and step = $2 order by number',
    [transferId, step],
  )
  return new Map(rows.map((row) => [Number(row.number), JSON.parse(row.report) as ObjectReport]))
}
