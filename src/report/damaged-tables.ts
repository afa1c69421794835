import type { Report, TableReport } from '../model/report.ts'

/** Whether rows of the table may be missing because the source is damaged; a doubt about the file concerns every table. */
export function mayBeIncomplete(
  { warnings }: Pick<Report, 'warnings'>,
  { source }: Pick<TableReport, 'source'>,
): boolean {
  return warnings.some(({ code, table }) => code === 'rows-unreadable' && (table ?? source) === source)
}
