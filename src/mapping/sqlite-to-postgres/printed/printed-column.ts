import { typeFamily } from '../../../databases/sqlite/declared-type.ts'
import type { Column } from '../../../model/catalog.ts'
import type { PrintedType } from '../../../model/plan.ts'
import type { ColumnPolicy } from '../../mapping.ts'
import { printedType } from './printed-type.ts'

/** How a source column's values are written for a type without a codec: some meanings depend on the source's declaration and on the configuration. */
export function printedColumn(type: string, source: Column, { separator }: ColumnPolicy): PrintedType {
  const printed = printedType(type)
  if (printed.kind === 'interval') return { ...printed, sinceEpoch: isTimeFamily(source.declaredType) }
  return printed.kind === 'array' ? { ...printed, separator } : printed
}

function isTimeFamily(declaredType: string): boolean {
  const family = typeFamily(declaredType)
  return family === 'timestamp' || family === 'date'
}
