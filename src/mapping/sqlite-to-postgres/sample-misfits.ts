import { typeFamily } from '../../databases/sqlite/declared-type.ts'
import type { Column } from '../../model/catalog.ts'
import type { ColumnConversion } from '../../model/plan.ts'
import type { ColumnProfile, ValueClass, ValueSample } from '../../model/profile.ts'
import type { SqliteValue } from '../../model/batch.ts'
import { type Cell, MISFIT } from '../mapping.ts'
import { sampleList } from './describe-column.ts'
import { findMisfits, type Misfit, presentClasses } from './fit.ts'
import { buildConverter } from './values.ts'

/**
 * What may not fit a type that the declaration did not ask for. Texts of a TEXT column were not examined for dates, JSON or
 * UUIDs, so their class says nothing; their samples are converted instead, and only those that fail are named.
 */
export function expectMisfits(source: Column, conversion: ColumnConversion, profile: ColumnProfile): Misfit[] {
  if (conversion.printed !== undefined && conversion.printed.kind !== 'verbatim')
    return printedMisfits(conversion, profile)
  const family = typeFamily(source.declaredType)
  const isUnexamined = family === 'text' || family === 'none' || family === 'blob'
  return findMisfits(conversion, profile).flatMap((misfit) => {
    // Of date-times only those that are not at midnight do not fit a date.
    const asksSamples = (isUnexamined && misfit.valueClass === 'text') || misfit.valueClass === 'text-datetime'
    return asksSamples ? failingSamples(misfit, conversion) : [misfit]
  })
}

/** Of a type without a codec nothing is known by class: the samples of each are converted. */
function printedMisfits(conversion: ColumnConversion, profile: ColumnProfile): Misfit[] {
  return presentClasses(profile).flatMap((valueClass) => {
    const { samples = [] } = profile.classes[valueClass] ?? {}
    if (valueClass === 'text-empty' || valueClass.startsWith('blob')) return []
    return failingSamples({ valueClass, count: null, samples, limit: null }, conversion)
  })
}

const silent: Cell = { altered: () => undefined, misfit: () => undefined }

function failingSamples({ valueClass, samples }: Misfit, conversion: ColumnConversion): Misfit[] {
  const convert = buildConverter(conversion)
  const failing = samples.filter(
    ({ value }) => !isCut(value) && convert(asStored(value, valueClass), silent) === MISFIT,
  )
  return failing.length === 0
    ? []
    : [{ valueClass: null, count: null, samples: failing, limit: words(failing, valueClass) }]
}

/** A sample is kept as text, whatever it was. */
function asStored(sample: string, valueClass: ValueClass | null): SqliteValue {
  if (valueClass === 'integer' || valueClass === 'integer-bit') return BigInt(sample)
  return valueClass?.startsWith('real') === true ? Number(sample) : sample
}

function words(samples: readonly ValueSample[], valueClass: ValueClass | null): string {
  return `${valueClass === null || valueClass.startsWith('text') ? 'texts' : 'numbers'} such as ${sampleList(samples, valueClass)}`
}

/** Samples are cut at 80 characters; what is left of a JSON text is none. */
function isCut(sample: string): boolean {
  return sample.endsWith('…')
}
