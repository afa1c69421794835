import type { WireType } from '../../model/batch.ts'
import type { ColumnConversion } from '../../model/plan.ts'
import type { ColumnPolicy } from '../mapping.ts'

/** The plain conversion to a type; `more` says what differs. */
export function conversionTo(
  wireType: WireType,
  policy: ColumnPolicy,
  more: Partial<ColumnConversion> = {},
): ColumnConversion {
  return {
    wireType,
    castTo: null,
    maxCharacters: null,
    numeric: null,
    timeUnit: null,
    timeZone: policy.timeZone,
    enumLabels: null,
    notNull: false,
    emptyToNull: wireType !== 'text' && wireType !== 'bytea',
    // After widening nothing is expected not to fit; what does all the same is listed.
    onMisfit: policy.onMisfit === 'null' ? 'null' : 'reject',
    nul: policy.nul,
    // Where the bytes cannot become a bytea column, they are not text.
    invalidUtf8: policy.invalidUtf8 === 'bytea' ? 'reject' : policy.invalidUtf8,
    ...more,
  }
}
