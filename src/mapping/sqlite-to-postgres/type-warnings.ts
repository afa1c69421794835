import type { Column } from '../../model/catalog.ts'
import type { ColumnConversion } from '../../model/plan.ts'
import type { ColumnProfile } from '../../model/profile.ts'
import type { Warning } from '../../model/warning.ts'
import type { ColumnPolicy } from '../mapping.ts'
import {
  columnWarning,
  countOf,
  declaredAs,
  keepTextRemedy,
  misfitList,
  sampleList,
  shareOf,
  timeSamples,
} from './describe-column.ts'
import { findMisfits, type Misfit, presentClasses } from './fit.ts'
import { countNumbers } from './time-units.ts'
import { becomesBytes, type Candidate, type Facts, isCoreData, numeric, text } from './type-candidates.ts'

/** What a type decision warns of. */

/** Says which values made the column another type than its declaration asks for. */
export function wideningWarning(chosen: Candidate, natural: readonly Candidate[], facts: Facts): Warning | null {
  const { column, family } = facts
  const wanted = wantedCandidate(natural, facts)
  if (wanted === undefined || family === 'none' || wanted.type === chosen.type) return null
  const because = whyNot(wanted, facts)
  return columnWarning(
    'type-widened',
    column,
    `${declaredAs(column)}, becomes ${chosen.type}: ${because}`,
    `To keep ${wanted.type} and list what does not fit: columns: ${column.name}: {onMisfit: reject} (or null)`,
  )
}

/** What the column would be if every value were as declared. */
function wantedCandidate(natural: readonly Candidate[], facts: Facts): Candidate | undefined {
  const strict: Facts = { ...facts, policy: { ...facts.policy, onMisfit: 'reject', invalidUtf8: 'reject' } }
  if (facts.family === 'numeric') return numeric(strict)
  return facts.family === 'text' ? text(strict) : natural[0]
}

function whyNot(wanted: Candidate, facts: Facts): string {
  const { profile } = facts
  if (facts.family === 'text' && becomesBytes(facts)) {
    const { count, samples } = profile.invalidText
    return `${count} ${count === 1 ? 'text is' : 'texts are'} not valid UTF-8: ${sampleList(samples, 'text')}`
  }
  const misfits = findMisfits(wanted.conversion, profile)
  if (misfits.every(({ limit }) => limit !== null)) {
    return `numbers have up to ${profile.maxIntegerDigits} digits before and ${profile.maxFractionDigits} behind the point`
  }
  return `${shareOf(misfits, profile)} ${misfits.length === 1 && misfits[0]?.count === 1 ? 'does' : 'do'} not fit ${wanted.type}: ${misfitList(misfits)}`
}

export function misfitWarning(
  column: Column,
  type: string,
  conversion: ColumnConversion,
  misfits: readonly Misfit[],
  profile: ColumnProfile,
): Warning {
  const consequence = conversion.onMisfit === 'null' ? 'become NULL and are listed' : 'are rejected with their rows'
  return columnWarning(
    'misfits-expected',
    column,
    `${shareOf(misfits, profile)} may not fit ${type}; those that do not ${consequence}: ${misfitList(misfits)}`,
    conversion.onMisfit === 'null'
      ? keepTextRemedy(column)
      : `To load their rows with NULL instead: columns: ${column.name}: {onMisfit: null}`,
  )
}

/** Numbers that are read as times, or that could not be. Nothing was guessed where the configuration says what they count. */
export function unitWarnings(
  column: Column,
  conversion: ColumnConversion,
  profile: ColumnProfile,
  { sure, policy }: { readonly sure: boolean; readonly policy: Pick<ColumnPolicy, 'timeUnit'> },
): Warning[] {
  const count = countNumbers(profile)
  if (count === 0) return []
  const { timeUnit } = conversion
  if (timeUnit !== null) {
    if (policy.timeUnit === timeUnit) return []
    const message = `${count} ${count === 1 ? 'number is' : 'numbers are'} read as ${timeUnit}${sure ? '' : ' (a guess)'}: ${timeSamples(profile, timeUnit).join('; ')}`
    return [
      columnWarning(
        'time-unit-guessed',
        column,
        message,
        `To decide otherwise: columns: ${column.name}: {timeUnit: epoch-ms} or {type: bigint}`,
      ),
    ]
  }
  if (!/\b(date|time|datetime|timestamp)/i.test(column.declaredType)) return []
  const because = isCoreData(column)
    ? 'by its name a column of Core Data, which counts seconds from 2001, so the numbers are kept'
    : 'no one unit of time fits all of them'
  const message = `${count} ${count === 1 ? 'number' : 'numbers'} in a column ${declaredAs(column)}: ${because}`
  return [
    columnWarning(
      'time-unit-unknown',
      column,
      message,
      `If you know the unit: columns: ${column.name}: {timeUnit: epoch-s}`,
    ),
  ]
}

export function zoneWarnings(column: Column, conversion: ColumnConversion, profile: ColumnProfile): Warning[] {
  const naive = (profile.classes['text-datetime']?.count ?? 0) + (profile.classes['text-date']?.count ?? 0)
  if (conversion.wireType !== 'timestamptz' || naive === 0) return []
  const message = `${naive} ${naive === 1 ? 'value has' : 'values have'} no offset and ${naive === 1 ? 'is' : 'are'} read as ${conversion.timeZone}`
  return [
    columnWarning(
      'time-zone-assumed',
      column,
      message,
      `If they are in another zone: columns: ${column.name}: {timeZone: Europe/Berlin}`,
    ),
  ]
}

export function bytesWarnings(column: Column, conversion: ColumnConversion, profile: ColumnProfile): Warning[] {
  const { classes } = profile
  const uuids = classes['blob-uuid']?.count ?? 0
  if (conversion.wireType === 'uuid' && uuids > 0) {
    const message = `${countOf(uuids, 'blob-uuid')}: the bytes are taken in their order; .NET's Guid.ToByteArray writes another`
    return [columnWarning('uuid-bytes', column, message, `To keep the bytes: columns: ${column.name}: {type: bytea}`)]
  }
  if (conversion.wireType === 'text' && conversion.blobAsHex === true) {
    const blob = classes.blob ?? classes['blob-uuid'] ?? classes['blob-json']
    if (!blob) return []
    const message = `${countOf(blob.count, 'blob')} in a text column: those that are not text are written as \\x… and listed: ${sampleList(blob.samples, 'blob')}`
    return [columnWarning('blob-as-hex', column, message, `To keep the bytes: columns: ${column.name}: {type: bytea}`)]
  }
  const others = presentClasses(profile).filter((name) => !name.startsWith('blob'))
  if (conversion.wireType !== 'bytea' || others.length === 0) return []
  const list = others.map((name) => countOf(classes[name]?.count ?? 0, name)).join(', ')
  return [
    columnWarning(
      'text-in-blob',
      column,
      `${list} in a bytea column: stored as the bytes of the text`,
      keepTextRemedy(column),
    ),
  ]
}
