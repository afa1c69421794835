import type { ColumnConversion } from '../../model/plan.ts'
import type { Converter } from '../mapping.ts'
import { jsonConverter } from './json-values.ts'
import { boolConverter, floatConverter, integerConverter, numericConverter } from './number-values.ts'
import { base64Converter, byteaConverter, textConverter, uuidConverter } from './text-values.ts'
import { dateConverter, timeConverter, timestampConverter } from './time-values.ts'

/** The converter to a type with a codec; without one, the value's own text. */
export function scalarConverter(conversion: ColumnConversion): Converter {
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
