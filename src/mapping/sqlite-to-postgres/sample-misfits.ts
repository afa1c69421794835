import { typeFamily } from '../../databases/sqlite/declared-type.ts'
import type { Column } from '../../model/catalog.ts'
import type { ColumnConversion } from '../../model/plan.ts'
import type { ColumnProfile, ValueClass, ValueSample } from '../../model/profile.ts'
import { type Cell, MISFIT } from '../mapping.ts'
import { sampleList } from './describe-column.ts'
import { findMisfits, type Misfit } from './fit.ts'
import { buildConverter } from './values.ts'

/**
 * What may not fit a type that the declaration did not ask for. Texts of a TEXT column were not examined for dates, JSON or
 * UUIDs, so their class says nothing; their samples are converted instead, and only those that fail are named.
 */
export function expectMisfits(source: Column, conversion: ColumnConversion, profile: ColumnProfile): Misfit[] {
  const family = typeFamily(source.declaredType)
  const isUnexamined = family === 'text' || family === 'none' || family === 'blob'
  return findMisfits(conversion, profile).flatMap((misfit) => {
    // Of date-times only those that are not at midnight do not fit a date.
    const asksSamples = (isUnexamined && misfit.valueClass === 'text') || misfit.valueClass === 'text-datetime'
    return asksSamples ? failingSamples(misfit, conversion) : [misfit]
  })
}

const silent: Cell = { altered: () => undefined, misfit: () => undefined }

function failingSamples({ valueClass, samples }: Misfit, conversion: ColumnConversion): Misfit[] {
  const convert = buildConverter(conversion)
  const failing = samples.filter(({ value }) => !isCut(value) && convert(value, silent) === MISFIT)
  return failing.length === 0
    ? []
    : [{ valueClass: null, count: null, samples: failing, limit: words(failing, valueClass) }]
}

function words(samples: readonly ValueSample[], valueClass: ValueClass | null): string {
  return `texts such as ${sampleList(samples, valueClass)}`
}

/** Samples are cut at 80 characters; what is left of a JSON text is none. */
function isCut(sample: string): boolean {
  return sample.endsWith('…')
}
