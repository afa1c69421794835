import type { BatchCheckpoint } from '../databases/databases.ts'
import type { ErrorCode } from '../errors/errors.ts'
import type { Cell } from '../mapping/mapping.ts'
import { type AlterationRule, type Issue, type PostgresValue, type SqliteValue, TextBytes } from '../model/batch.ts'
import type { PlannedTable } from '../model/plan.ts'
import type { RowKeys } from './row-keys.ts'

const quotedCharacters = 200

/**
 * The sink that converters write to. Alterations of a row count only when the row is loaded: a rejected row is listed once,
 * as rejected.
 */
export class IssueCollector implements Cell {
  /** Index of the column at hand, set by the caller before each conversion. */
  column = 0
  /** Rough size of what was collected, so that a batch of nothing but rejects ends too. */
  bytes = 0
  readonly #table: PlannedTable
  readonly #keys: RowKeys
  #issues: Issue[] = []
  #row: Issue[] = []
  #rows = new Map<Issue, number>()
  #misfit: { reason: string; code: ErrorCode } | null = null

  constructor(table: PlannedTable, keys: RowKeys) {
    this.#table = table
    this.#keys = keys
  }

  get columnName(): string {
    return this.#table.columns[this.column]?.source ?? ''
  }

  key(): Issue['key'] {
    return this.#keys.key()
  }

  get rowHasIssues(): boolean {
    return this.#row.length > 0
  }

  startRow(): void {
    if (this.#row.length > 0) this.#row = []
  }

  altered(rule: AlterationRule, before: SqliteValue, after: PostgresValue, declared: boolean): void {
    this.#row.push({
      kind: 'altered',
      table: this.#table.source.name,
      key: this.key(),
      column: this.columnName,
      before: quoteValue(before),
      after: quoteValue(after),
      rule,
      declared,
    })
  }

  misfit(reason: string, code: ErrorCode): void {
    this.#misfit = { reason, code }
  }

  misfitToNull(before: SqliteValue): void {
    this.altered('misfit-to-null', before, null, false)
    this.#misfit = null
  }

  /** The row at hand is not loaded, because of the last misfit, which `value` caused. */
  rejectRow(value: SqliteValue): void {
    const { reason, code } = this.#misfit ?? { reason: 'the value does not fit', code: 'DATA_MISFIT' as const }
    this.#row = []
    this.#misfit = null
    const quoted = quoteValue(value)
    this.#push({
      kind: 'reject',
      table: this.#table.source.name,
      key: this.key(),
      column: this.columnName,
      reason,
      code,
      ...(quoted === null ? {} : { value: String(quoted) }),
    })
  }

  /** The row at hand is the batch's row `index`. PostgreSQL may still refuse it. */
  acceptRow(index: number): void {
    for (const issue of this.#row) {
      this.#push(issue)
      this.#rows.set(issue, index)
    }
    this.startRow()
  }

  take(): Pick<BatchCheckpoint, 'issues' | 'rowOfIssue'> {
    const taken = { issues: this.#issues, rowOfIssue: this.#rows }
    this.#issues = []
    if (this.#rows.size > 0) this.#rows = new Map()
    this.bytes = 0
    return taken
  }

  #push(issue: Issue): void {
    this.#issues.push(issue)
    this.bytes += 400
  }
}

/** A value as the lists show it: bytes as `\x…`, long ones cut, and then saying how long they were. */
export function quoteValue(value: SqliteValue | PostgresValue): string | number | null {
  if (value === null) return null
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value)
  if (typeof value === 'boolean' || typeof value === 'bigint') return String(value)
  if (typeof value === 'string') return cut(value, value.length, 'characters')
  const bytes = value instanceof TextBytes ? value.bytes : value
  const shown = Buffer.from(bytes.subarray(0, quotedCharacters / 2)).toString('hex')
  return cut(`\\x${shown}`, bytes.length * 2 + 2, 'hexadecimal characters')
}

function cut(text: string, length: number, unit: string): string {
  return length <= quotedCharacters + 2
    ? text
    : `${text.slice(0, quotedCharacters).replace(/[\uD800-\uDBFF]$/, '')}… (cut: ${length} ${unit})`
}
