import type { SqliteValue } from '../../../model/batch.ts'
import type { ColumnConversion, PrintedType } from '../../../model/plan.ts'
import type { Converter } from '../../mapping.ts'
import { refuseBecause } from '../misfits.ts'
import { textConverter } from '../text-values.ts'
import { arrayWriter } from './array-values.ts'
import { intervalWriter } from './interval-values.ts'
import { cidrWriter, inetElementWriter, inetWriter, macaddrWriter } from './network-values.ts'
import type { PrintedWriter } from './printed-writer.ts'
import { rangeWriter } from './range-values.ts'
import { ownText } from './own-text.ts'
import { bitWriter, hstoreWriter, moneyWriter, timetzWriter, tsvectorWriter } from './scalar-values.ts'
import { wireWriter } from './wire-values.ts'

type Writers = {
  readonly [Kind in PrintedType['kind']]: (
    type: Extract<PrintedType, { kind: Kind }>,
    column: ColumnConversion,
  ) => PrintedWriter
}

const writers: Writers = {
  verbatim: () => ownText,
  wire: wireWriter,
  array: (type, column) =>
    arrayWriter(type, type.element.kind === 'inet' ? inetElementWriter : printedWriter(type.element, column)),
  range: (type, column) => rangeWriter(type, printedWriter(type.element, column)),
  interval: intervalWriter,
  timetz: timetzWriter,
  money: () => moneyWriter,
  bit: () => bitWriter,
  inet: () => inetWriter,
  cidr: () => cidrWriter,
  macaddr: () => macaddrWriter(6),
  macaddr8: () => macaddrWriter(8),
  tsvector: () => tsvectorWriter,
  hstore: () => hstoreWriter,
}

function printedWriter(type: PrintedType, column: ColumnConversion): PrintedWriter {
  // TypeScript does not see that the kind of one is the kind of the other.
  const writerOf = writers[type.kind] as (type: PrintedType, column: ColumnConversion) => PrintedWriter
  return writerOf(type, column)
}

/** The converter of a column whose type has no codec; texts are cleaned like those of a text column first. */
export function printedConverter(type: PrintedType, conversion: ColumnConversion): Converter {
  const toText = textConverter(conversion)
  const write = printedWriter(type, conversion)
  return (value: SqliteValue, cell) => {
    if (typeof value === 'bigint' || typeof value === 'number') return write(value, cell)
    const text = toText(value, cell)
    if (typeof text === 'string') return write(text, cell)
    if (text instanceof Uint8Array)
      return refuseBecause(`${text.length} bytes are too many for the column`, cell, 'DATA_TOO_LONG')
    return text
  }
}
