import type { ClientBase } from 'pg'
import type { ObjectReport } from '../model/report.ts'

/** Notes what became of an object; in the transaction that makes it, so that a killed run does not try it twice. */
export async function markObject(
  client: ClientBase,
  transferId: string,
  place: { readonly step: number; readonly number: number },
  report: ObjectReport,
): Promise<void> {
  await client.query(
    `insert into rowferry.objects (transfer_id, step, number, report) values ($1, $2, $3, $4)
     on conflict (transfer_id, step, number) do update set report = excluded.report`,
    [transferId, place.step, place.number, JSON.stringify(report)],
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
