/** Something to know that does not stop the transfer. `code` groups warnings of one kind. */
export type Warning = {
  /** Kebab-case, stable: `type-widened`, `orphans`, `check-not-carried` … listed in docs/reference/warnings.md. */
  readonly code: string
  readonly table: string | null
  readonly column: string | null
  readonly message: string
  /** What one can type or write to decide otherwise; null where there is nothing to decide. */
  readonly remedy: string | null
}
