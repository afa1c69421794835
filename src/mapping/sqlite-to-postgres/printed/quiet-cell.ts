import type { AlterationRule } from '../../../model/batch.ts'
import type { Cell } from '../../mapping.ts'

type Altered = { readonly rule: AlterationRule; readonly declared: boolean }

/** A cell for parts of a value: a part that was altered is told of the whole value, by whoever holds it. Misfits pass through. */
export function withoutDetail(cell: Cell): { readonly cell: Cell; readonly altered: Altered | null } {
  const told: { altered: Altered | null } = { altered: null }
  const inner: Cell = {
    altered: (rule, _before, _after, declared) => {
      if (told.altered === null || told.altered.declared) told.altered = { rule, declared }
    },
    misfit: (reason, code) => {
      cell.misfit(reason, code)
    },
  }
  return {
    cell: inner,
    get altered() {
      return told.altered
    },
  }
}
