import { DatabaseError } from 'pg'
import type { ErrorCode } from '../../../errors/errors.ts'
import type { Issue } from '../../../model/batch.ts'
import type { PlannedTable } from '../../../model/plan.ts'
import { messageOf } from '../postgres-errors.ts'

/** SQLSTATEs that people can do something different about; the rest is DATA_REFUSED. */
const codes: Readonly<Record<string, ErrorCode>> = {
  '22001': 'DATA_TOO_LONG',
  '22021': 'DATA_INVALID_TEXT',
  '22P05': 'DATA_INVALID_TEXT',
  '23502': 'DATA_NOT_NULL',
  '23503': 'DATA_ORPHAN',
  '23505': 'DATA_DUPLICATE_KEY',
  '54000': 'DATA_TOO_LONG',
}

/** The line in `rejects.jsonl` for a row that PostgreSQL refused, with the column by its name in the source. */
export function refusal(error: unknown, table: PlannedTable, key: Issue['key']): Issue {
  const code = error instanceof DatabaseError ? (codes[error.code ?? ''] ?? 'DATA_REFUSED') : 'DATA_REFUSED'
  return {
    kind: 'reject',
    table: table.source.name,
    key,
    column: columnOf(error, table),
    reason: reasonOf(error),
    code,
  }
}

export function duplicateRefusal(table: PlannedTable, key: Issue['key']): Issue {
  const reason = `an earlier row of the source has the same match key (${table.matchKey.join(', ')})`
  return { kind: 'reject', table: table.source.name, key, column: null, reason, code: 'DATA_DUPLICATE_KEY' }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof DatabaseError)) return messageOf(error)
  if (error.constraint === 'key_map_pkey') return 'an earlier row of the source has the same key'
  // "Failing row contains (…)" repeats the row, which may be megabytes.
  const detail = error.detail && !error.detail.startsWith('Failing row') ? `: ${error.detail}` : ''
  return cut(`${messageOf(error)}${detail}`)
}

function columnOf(error: unknown, table: PlannedTable): string | null {
  if (!(error instanceof DatabaseError)) return null
  const named = error.column ?? /^COPY .*, column (.+?)(?::|$)/m.exec(error.where ?? '')?.[1]
  const single = /^Key \(("?)([^,()]+)\1\)=/.exec(error.detail ?? '')?.[2]
  const target = named ?? single
  return table.columns.find((column) => column.target === target)?.source ?? null
}

function cut(text: string): string {
  const most = 500
  return text.length <= most ? text : `${text.slice(0, most)}… (cut, ${text.length} characters)`
}

export function orphanRefusal(table: PlannedTable, key: Issue['key']): Issue {
  const reason = 'a foreign key of the row points to a row that was not transferred, and keys are given anew'
  return { kind: 'reject', table: table.source.name, key, column: null, reason, code: 'DATA_ORPHAN' }
}
