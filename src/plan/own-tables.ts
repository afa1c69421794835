/** What became of a table or view since an earlier transfer of this source loaded it; found out before the plan is made. */
export type OwnTable = {
  /** `made` by rowferry; `filled`: an application's table whose rows are all rowferry's. */
  readonly how: 'made' | 'filled'
  readonly state: OwnState
}

export type OwnState =
  | { readonly kind: 'unchanged' }
  /** No row is left, and nothing else has changed: there is nothing to lose. */
  | { readonly kind: 'emptied' }
  /** With the figures: `3 rows, rowferry loaded 2; 1 added`. */
  | { readonly kind: 'changed'; readonly what: string }
  /** Why it cannot be told: `it was loaded by an older rowferry`. */
  | { readonly kind: 'unknown'; readonly why: string }

export type OwnTables = ReadonlyMap<string, OwnTable>

/** Whether dropping it loses nothing that was not rowferry's. */
export function isUntouched(own: OwnTable | undefined): boolean {
  return own?.how === 'made' && (own.state.kind === 'unchanged' || own.state.kind === 'emptied')
}
