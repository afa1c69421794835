import type { ColumnConversion } from '../../model/plan.ts'
import { type Converter, MISFIT } from '../mapping.ts'
import { jsonConverter } from './json-values.ts'
import { boolConverter, floatConverter, integerConverter, numericConverter } from './number-values.ts'
import { base64Converter, byteaConverter, textConverter, uuidConverter } from './text-values.ts'
import { dateConverter, timeConverter, timestampConverter } from './time-values.ts'

/**
 * The function that converts every value of one column. This is the hot path: millions of values per second go through the
 * closures below, so each decides once what it can decide, and allocates nothing for a value that needs no change.
 */
export function buildConverter(conversion: ColumnConversion): Converter {
  const convert = converterOf(conversion)
  return conversion.notNull ? refusingNull(convert) : convert
}

function converterOf(conversion: ColumnConversion): Converter {
  switch (conversion.wireType) {
    case 'bool':
      return boolConverter(conversion)
    case 'int2':
    case 'int4':
    case 'int8':
      return integerConverter(conversion)
    case 'float4':
    case 'float8':
      return floatConverter(conversion)
    case 'numeric':
      return numericConverter(conversion)
    case 'date':
      return dateConverter(conversion)
    case 'time':
      return timeConverter(conversion)
    case 'timestamp':
    case 'timestamptz':
      return timestampConverter(conversion)
    case 'text':
      return conversion.asBase64 === true ? base64Converter() : textConverter(conversion)
    case 'json':
    case 'jsonb':
      return jsonConverter(conversion)
    case 'bytea':
      return byteaConverter()
    case 'uuid':
      return uuidConverter(conversion)
    default:
      return conversion.wireType satisfies never
  }
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
