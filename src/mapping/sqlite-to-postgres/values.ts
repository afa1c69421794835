import type { ColumnConversion } from '../../model/plan.ts'
import { type Converter, MISFIT } from '../mapping.ts'
import { printedConverter } from './printed/printed-values.ts'
import { scalarConverter } from './scalar-converter.ts'

/**
 * The function that converts every value of one column. This is the hot path: millions of values per second go through the
 * closures below, so each decides once what it can decide, and allocates nothing for a value that needs no change.
 */
export function buildConverter(conversion: ColumnConversion): Converter {
  const { printed } = conversion
  const convert = printed === undefined ? scalarConverter(conversion) : printedConverter(printed, conversion)
  return conversion.notNull ? refusingNull(convert) : convert
}

/** Also for values that became NULL on the way (`''`). */
function refusingNull(convert: Converter): Converter {
  return (value, cell) => {
    const converted = value === null ? null : convert(value, cell)
    if (converted !== null) return converted
    cell.misfit(
      value === null ? 'NULL in a column that is NOT NULL' : "'' is NULL here, and the column is NOT NULL",
      'DATA_NOT_NULL',
    )
    return MISFIT
  }
}
