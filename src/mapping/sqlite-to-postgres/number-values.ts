import type { TextBytes } from '../../model/batch.ts'
import type { ColumnConversion } from '../../model/plan.ts'
import { parseBooleanText } from '../../util/boolean-text.ts'
import {
  classifyNumberText,
  doubleToDecimal,
  fitsPrecision,
  isExactDouble,
  plainDecimal,
  roundDecimal,
} from '../../util/number-text.ts'
import { type Cell, type Converter, MISFIT } from '../mapping.ts'
import { convertEmpty, refuse, refuseBecause } from './misfits.ts'

/** Converters to boolean and to the number types. All are exact, or they refuse, or they list what they rounded. */

export function boolConverter({ emptyToNull }: ColumnConversion): Converter {
  const wanted = 'a boolean'
  return (value, cell) => {
    if (value === null) return null
    if (value === 1n || value === 1) return true
    if (value === 0n || value === 0) return false
    if (typeof value !== 'string') return refuse(value, wanted, cell)
    if (value === '') return convertEmpty(emptyToNull, wanted, cell)
    return parseBooleanText(value) ?? refuse(value, wanted, cell)
  }
}

const integerRanges = {
  int2: [-32_768n, 32_767n],
  int4: [-2_147_483_648n, 2_147_483_647n],
  int8: [-9_223_372_036_854_775_808n, 9_223_372_036_854_775_807n],
} as const

export function integerConverter({ wireType, emptyToNull }: ColumnConversion): Converter {
  const [min, max] = integerRanges[wireType === 'int2' || wireType === 'int4' ? wireType : 'int8']
  const wanted = wireType === 'int8' ? 'an integer' : `an integer from ${min} to ${max}`
  return (value, cell) => {
    if (value === null) return null
    if (typeof value === 'bigint') return value >= min && value <= max ? value : refuse(value, wanted, cell)
    if (value === '') return convertEmpty(emptyToNull, wanted, cell)
    const integer = integerOf(value)
    return integer !== null && integer >= min && integer <= max ? integer : refuse(value, wanted, cell)
  }
}

function integerOf(value: number | string | Uint8Array | TextBytes): bigint | null {
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : null
  if (typeof value !== 'string') return null
  return classifyNumberText(value) === 'integer' ? BigInt(value) : null
}

export function floatConverter({ wireType, emptyToNull }: ColumnConversion): Converter {
  const wanted = 'a number that double precision holds exactly'
  const toDouble: Converter = (value, cell) => {
    if (value === null) return null
    if (typeof value === 'number') return value
    if (value === '') return convertEmpty(emptyToNull, wanted, cell)
    return doubleOf(value) ?? refuse(value, wanted, cell)
  }
  if (wireType === 'float8') return toDouble
  return (value, cell) => {
    const double = toDouble(value, cell)
    return typeof double === 'number' ? toSingle(double, cell) : double
  }
}

function doubleOf(value: bigint | string | Uint8Array | TextBytes): number | null {
  if (typeof value === 'bigint') {
    const double = Number(value)
    return BigInt(double) === value ? double : null
  }
  if (typeof value !== 'string' || classifyNumberText(value) === null) return null
  return isExactDouble(value) ? Number(value) : null
}

/** PostgreSQL's `real` has four bytes: what it cannot hold exactly is rounded and listed, what is too big for it refused. */
function toSingle(double: number, cell: Cell): number | typeof MISFIT {
  const single = Math.fround(double)
  if (single === double) return single
  if (!Number.isFinite(single) || single === 0) return refuse(double, 'in the range of real', cell)
  cell.altered('fraction-rounded', double, single, false)
  return single
}

export function numericConverter({ numeric, emptyToNull }: ColumnConversion): Converter {
  const wanted = 'a number'
  const toNumeric: Converter = (value, cell) => {
    if (value === null || typeof value === 'bigint') return value
    if (typeof value === 'number')
      return Number.isFinite(value) ? decimalOf(value) : refuse(value, 'a finite number', cell)
    if (typeof value !== 'string') return refuse(value, wanted, cell)
    if (value === '') return convertEmpty(emptyToNull, wanted, cell)
    return classifyNumberText(value) === null ? refuse(value, wanted, cell) : plainDecimal(value)
  }
  if (numeric === null) return toNumeric
  const { precision, scale } = numeric
  return (value, cell) => {
    const decimal = toNumeric(value, cell)
    if (decimal === null || decimal === MISFIT) return decimal
    const plain = String(decimal)
    if (fitsPrecision(plain, precision, scale)) return decimal
    const rounded = roundDecimal(plain, scale)
    if (!fitsPrecision(rounded, precision, scale))
      return refuseBecause(`${plain} does not fit numeric(${precision},${scale})`, cell)
    cell.altered('fraction-rounded', value, rounded, false)
    return rounded
  }
}

/** A double in its shortest form: 0.1 is stored as 0.1. */
function decimalOf(value: number): number | string {
  return Number.isSafeInteger(value) ? value : doubleToDecimal(value)
}
