import { type TypeFamily, typeArguments } from '../../databases/sqlite/declared-type.ts'
import type { Column } from '../../model/catalog.ts'
import type { ColumnConversion } from '../../model/plan.ts'
import type { ColumnProfile, TimeUnit } from '../../model/profile.ts'
import type { Warning } from '../../model/report.ts'
import type { ColumnPolicy, TypeDecision } from '../mapping.ts'
import { conversionTo } from './conversions.ts'
import {
  classList,
  columnWarning,
  countOf,
  declaredAs,
  evidenceOf,
  keepTextRemedy,
  misfitList,
  sampleList,
  shareOf,
  timeSamples,
  valueWarnings,
} from './describe-column.ts'
import { countValues, dateUnits, findMisfits, isOnlyBlobs, type Misfit, presentClasses } from './fit.ts'
import { countNumbers, findTimeUnit } from './time-units.ts'
import { typeFacts } from './type-names.ts'

/**
 * The PostgreSQL type of a column that does not exist there yet: from the declared family, checked against every stored value.
 * The first candidate that holds every value is taken; `text` or `bytea` at the end hold everything.
 */
export function chooseType(
  column: Column,
  family: TypeFamily,
  profile: ColumnProfile,
  policy: ColumnPolicy,
): TypeDecision {
  const asked = withTimeUnit(profile, policy.timeUnit)
  if (policy.type !== null) return forcedType(column, policy.type, asked, policy)
  const meant = meantFamily(family, policy.timeUnit)
  const time = timeFacts(column, meant, asked, policy)
  const facts: Facts = { column, family: meant, profile: asked, policy, time }
  const natural = naturalCandidates(facts)
  const chosen = policy.onMisfit === 'widen' ? null : fewestMisfits(natural, asked)
  if (chosen !== null && chosen.misfits.length === 0) return decide(chosen.candidate, natural, [], facts)
  // A type that not one value fits says nothing about the column.
  if (chosen !== null && someValueFits(chosen.misfits, asked)) return decide(chosen.candidate, natural, chosen.misfits, facts)
  return decide(narrowest([...natural, ...widerCandidates(facts)], facts), natural, [], facts)
}

type Candidate = { readonly type: string; readonly conversion: ColumnConversion }

type Facts = {
  readonly column: Column
  readonly family: TypeFamily
  readonly profile: ColumnProfile
  readonly policy: ColumnPolicy
  readonly time: TimeFacts
}

type TimeFacts = {
  /** How numbers are read; null: there are none, or it cannot be told. */
  readonly unit: TimeUnit | null
  readonly sure: boolean
  /** Values name a moment, not only a wall-clock time. */
  readonly needsZone: boolean
}

/** The user's word on the unit counts more than the range. */
function withTimeUnit(profile: ColumnProfile, unit: TimeUnit | null): ColumnProfile {
  return unit === null ? profile : { ...profile, timeUnits: { ...profile.timeUnits, [unit]: countNumbers(profile) } }
}

/** A unit makes a column of numbers a column of times, whatever was declared. */
function meantFamily(family: TypeFamily, unit: TimeUnit | null): TypeFamily {
  if (unit === null || family === 'date' || family === 'time' || family === 'timestamp') return family
  if (unit === 'seconds-of-day') return 'time'
  return dateUnits.includes(unit) ? 'date' : 'timestamp'
}

const timestampUnits: readonly TimeUnit[] = ['epoch-s', 'epoch-ms', 'epoch-us', 'epoch-ns', 'julian-day', 'yyyymmdd']
const unitsOfFamily: Readonly<Partial<Record<TypeFamily, readonly TimeUnit[]>>> = {
  timestamp: timestampUnits,
  date: [...timestampUnits, 'epoch-days'],
  // Numbers in a TIME column may be seconds of a day, minutes, durations or 1230: only the user can tell.
  time: [],
}

function timeFacts(column: Column, family: TypeFamily, profile: ColumnProfile, policy: ColumnPolicy): TimeFacts {
  const found =
    policy.timeUnit === null
      ? findTimeUnit(profile, unitsOfFamily[family] ?? [])
      : { unit: policy.timeUnit, sure: true }
  const unit = countNumbers(profile) === 0 ? policy.timeUnit : (found?.unit ?? null)
  const hasOffsets = (profile.classes['text-datetime-offset']?.count ?? 0) > 0
  const isMoment = unit !== null && !dateUnits.includes(unit) && unit !== 'seconds-of-day' && countNumbers(profile) > 0
  return { unit, sure: found?.sure ?? true, needsZone: hasOffsets || isMoment || isDeclaredWithZone(column) }
}

function isDeclaredWithZone({ declaredType }: Column): boolean {
  return /\b(timestamptz|datetimetz|datetimeoffset)\b|\bwith\s+(local\s+)?time\s+zone\b/i.test(declaredType)
}

/** What the declaration asks for, narrowest first. */
function naturalCandidates(facts: Facts): Candidate[] {
  const { family, profile } = facts
  switch (family) {
    case 'integer':
      return [bigint(facts)]
    case 'boolean':
      return [plain('boolean', 'bool', facts)]
    case 'real':
      return [double(facts)]
    case 'numeric':
      return isWide(profile) ? numbers(facts) : [numeric(facts)]
    case 'text':
      return isOnlyBlobs(profile) ? [bytea(facts)] : [text(facts)]
    case 'date':
      return [date(facts), timestamp(facts)]
    case 'time':
      return [time(facts)]
    case 'timestamp':
      return [timestamp(facts)]
    case 'json':
      return [plain('jsonb', 'jsonb', facts), plain('json', 'json', facts)]
    case 'uuid':
      return [plain('uuid', 'uuid', facts)]
    case 'blob':
      return [bytea(facts)]
    case 'none':
      return byValues(facts)
    default:
      return family satisfies never
  }
}

/** Without a declaration that says something: the type that all values have in common. */
function byValues(facts: Facts): Candidate[] {
  const present = presentClasses(facts.profile)
  if (present.length === 0 || !present.every((name) => name.startsWith('integer') || name.startsWith('real'))) return []
  return present.some((name) => name.startsWith('real')) ? [double(facts), unlimitedNumeric(facts)] : [bigint(facts)]
}

function widerCandidates(facts: Facts): Candidate[] {
  const last = [isOnlyBlobs(facts.profile) || becomesBytes(facts) ? bytea(facts) : text(facts)]
  switch (facts.family) {
    case 'integer':
    case 'boolean':
    case 'date':
    case 'timestamp':
      return [bigint(facts), ...numbers(facts), ...last]
    case 'time':
      return [timestamp(facts), bigint(facts), ...numbers(facts), ...last]
    case 'real':
    case 'numeric':
      return [...numbers(facts), ...last]
    default:
      return last
  }
}

/** Reals that need very many digits (1e-310) were never meant as decimal numbers. */
const manyDigits = 40

function isWide({ maxIntegerDigits, maxFractionDigits }: ColumnProfile): boolean {
  return maxIntegerDigits > manyDigits || maxFractionDigits > manyDigits
}

function numbers(facts: Facts): Candidate[] {
  return isWide(facts.profile) ? [double(facts), unlimitedNumeric(facts)] : [unlimitedNumeric(facts), double(facts)]
}

function becomesBytes({ policy, profile }: Facts): boolean {
  return policy.invalidUtf8 === 'bytea' && profile.invalidText.count > 0
}

function plain(type: string, wireType: ColumnConversion['wireType'], facts: Facts, more: Partial<ColumnConversion> = {}): Candidate {
  const { column, policy } = facts
  const isText = wireType === 'text' || wireType === 'bytea'
  return {
    type,
    conversion: conversionTo(wireType, policy, {
      // '' as NULL would break NOT NULL.
      emptyToNull: !isText && !column.notNull,
      onMisfit: policy.onMisfit === 'null' && !column.notNull ? 'null' : 'reject',
      ...more,
    }),
  }
}

function bigint(facts: Facts): Candidate {
  return plain('bigint', 'int8', facts)
}

function double(facts: Facts): Candidate {
  return plain('double precision', 'float8', facts)
}

function unlimitedNumeric(facts: Facts): Candidate {
  return plain('numeric', 'numeric', facts)
}

/** numeric(p,s) where every value fits without rounding, or where the user wants misfits listed. */
function numeric(facts: Facts): Candidate {
  const declared = declaredPrecision(facts.column)
  const { profile, policy } = facts
  if (declared === null) return unlimitedNumeric(facts)
  const { precision, scale } = declared
  const fits = profile.maxIntegerDigits <= precision - scale && profile.maxFractionDigits <= scale
  if (!fits && policy.onMisfit === 'widen') return unlimitedNumeric(facts)
  return plain(`numeric(${precision},${scale})`, 'numeric', facts, { numeric: declared })
}

function declaredPrecision(column: Column): { precision: number; scale: number } | null {
  const [precision, scale = 0] = typeArguments(column.declaredType)
  if (precision === undefined || !Number.isInteger(precision) || !Number.isInteger(scale)) return null
  return precision >= 1 && precision <= 1000 && scale >= 0 && scale <= precision ? { precision, scale } : null
}

function text(facts: Facts): Candidate {
  if (becomesBytes(facts)) return bytea(facts)
  // Where misfits are listed instead, a blob in a text column is one; a column without a declaration has no misfits.
  const blobAsHex = facts.policy.onMisfit === 'widen' || facts.family !== 'text'
  return plain('text', 'text', facts, { blobAsHex })
}

function bytea(facts: Facts): Candidate {
  return plain('bytea', 'bytea', facts)
}

function date(facts: Facts): Candidate {
  const { unit } = facts.time
  return plain('date', 'date', facts, { timeUnit: unit !== null && dateUnits.includes(unit) ? unit : null })
}

function time(facts: Facts): Candidate {
  const { unit } = facts.time
  return plain('time', 'time', facts, { timeUnit: unit === 'seconds-of-day' ? unit : null })
}

function timestamp(facts: Facts): Candidate {
  const { unit, needsZone } = facts.time
  const timeUnit = unit === 'seconds-of-day' ? null : unit
  return needsZone
    ? plain('timestamptz', 'timestamptz', facts, { timeUnit })
    : plain('timestamp', 'timestamp', facts, { timeUnit })
}

function narrowest(candidates: readonly Candidate[], facts: Facts): Candidate {
  return candidates.find(({ conversion }) => findMisfits(conversion, facts.profile).length === 0) ?? text({ ...facts, family: 'none' })
}

function fewestMisfits(
  candidates: readonly Candidate[],
  profile: ColumnProfile,
): { readonly candidate: Candidate; readonly misfits: Misfit[] } | null {
  const rated = candidates.map((candidate) => ({ candidate, misfits: findMisfits(candidate.conversion, profile) }))
  return rated.toSorted((a, b) => countMisfits(a.misfits) - countMisfits(b.misfits))[0] ?? null
}

function countMisfits(misfits: readonly Misfit[]): number {
  return misfits.reduce((sum, { count }) => sum + (count ?? 1), 0)
}

function someValueFits(misfits: readonly Misfit[], profile: ColumnProfile): boolean {
  return misfits.reduce((sum, { count }) => sum + (count ?? 0), 0) < countValues(profile)
}

function forcedType(column: Column, type: string, profile: ColumnProfile, policy: ColumnPolicy): TypeDecision {
  const { timePrecision, ...facts } = typeFacts(type)
  const isStamp = facts.wireType === 'timestamp' || facts.wireType === 'timestamptz' || facts.wireType === 'date'
  const found = isStamp ? findTimeUnit(profile, [...timestampUnits, 'epoch-days']) : null
  const unit = policy.timeUnit ?? found?.unit ?? null
  const conversion = conversionTo(facts.wireType, policy, {
    ...facts,
    timeUnit: isStamp || facts.wireType === 'time' ? unit : null,
    emptyToNull: facts.emptyToNull && !column.notNull,
    onMisfit: policy.onMisfit === 'null' && !column.notNull ? 'null' : 'reject',
    ...(facts.wireType === 'text' && facts.castTo === null && policy.onMisfit === 'widen' ? { blobAsHex: true } : {}),
    ...(timePrecision === undefined ? {} : { timePrecision }),
  })
  const misfits = findMisfits(conversion, profile)
  const warnings = misfits.length === 0 ? [] : [misfitWarning(column, type, conversion, misfits, profile)]
  return {
    type,
    conversion,
    reason: `set in the configuration; ${declaredAs(column)}${valuesClause(profile)}`,
    evidence: evidenceOf(profile, conversion.timeUnit),
    warnings: [...warnings, ...unitWarnings(column, conversion, profile, found?.sure ?? true), ...valueWarnings(column, conversion, profile, policy)],
  }
}

function valuesClause(profile: ColumnProfile): string {
  return countValues(profile) === 0 ? '; no values' : `; ${classList(profile)}`
}

function decide(chosen: Candidate, natural: readonly Candidate[], misfits: readonly Misfit[], facts: Facts): TypeDecision {
  const { column, profile, policy, time: { sure } } = facts
  const { type, conversion } = chosen
  const warnings: Warning[] = []
  const widened = wideningWarning(chosen, natural, facts)
  if (widened) warnings.push(widened)
  if (misfits.length > 0) warnings.push(misfitWarning(column, type, conversion, misfits, profile))
  if (conversion.numeric !== null && profile.maxFractionDigits > conversion.numeric.scale) {
    const message = `numbers have up to ${profile.maxFractionDigits} digits behind the point; ${type} rounds them, and each is listed`
    warnings.push(columnWarning('precision-lost', column, message, `To keep every digit: columns: ${column.name}: {type: numeric}`))
  }
  warnings.push(
    ...unitWarnings(column, conversion, profile, sure),
    ...zoneWarnings(column, conversion, profile),
    ...bytesWarnings(column, conversion, profile),
    ...valueWarnings(column, conversion, profile, policy),
  )
  return {
    type,
    conversion,
    reason: `${declaredAs(column)}${valuesClause(profile)}${widened ? `; ${type} is the narrowest type that holds every value` : ''}`,
    evidence: evidenceOf(profile, conversion.timeUnit),
    warnings,
  }
}

/** Says which values made the column another type than its declaration asks for. */
function wideningWarning(chosen: Candidate, natural: readonly Candidate[], facts: Facts): Warning | null {
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
    conversion.onMisfit === 'null' ? keepTextRemedy(column) : `To load their rows with NULL instead: columns: ${column.name}: {onMisfit: null}`,
  )
}

/** Numbers that are read as times, or that could not be. */
export function unitWarnings(column: Column, conversion: ColumnConversion, profile: ColumnProfile, sure: boolean): Warning[] {
  const count = countNumbers(profile)
  if (count === 0) return []
  const { timeUnit } = conversion
  if (timeUnit !== null) {
    const message = `${count} ${count === 1 ? 'number is' : 'numbers are'} read as ${timeUnit}${sure ? '' : ' (a guess)'}: ${timeSamples(profile, timeUnit).join('; ')}`
    return [columnWarning('time-unit-guessed', column, message, `To decide otherwise: columns: ${column.name}: {timeUnit: epoch-ms} or {type: bigint}`)]
  }
  if (!/\b(date|time|datetime|timestamp)/i.test(column.declaredType)) return []
  const message = `${count} ${count === 1 ? 'number' : 'numbers'} in a column ${declaredAs(column)}: no one unit of time fits all of them`
  return [columnWarning('time-unit-unknown', column, message, `If you know the unit: columns: ${column.name}: {timeUnit: epoch-s}`)]
}

function zoneWarnings(column: Column, conversion: ColumnConversion, profile: ColumnProfile): Warning[] {
  const naive = (profile.classes['text-datetime']?.count ?? 0) + (profile.classes['text-date']?.count ?? 0)
  if (conversion.wireType !== 'timestamptz' || naive === 0) return []
  const message = `${naive} ${naive === 1 ? 'value has' : 'values have'} no offset and ${naive === 1 ? 'is' : 'are'} read as ${conversion.timeZone}`
  return [columnWarning('time-zone-assumed', column, message, `If they are in another zone: columns: ${column.name}: {timeZone: Europe/Berlin}`)]
}

function bytesWarnings(column: Column, conversion: ColumnConversion, profile: ColumnProfile): Warning[] {
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
  return [columnWarning('text-in-blob', column, `${list} in a bytea column: stored as the bytes of the text`, keepTextRemedy(column))]
}
