import { printable } from '../../util/printable.ts'
import type { Column } from '../../model/catalog.ts'
import type { ColumnConversion } from '../../model/plan.ts'
import type { ClassProfile, ColumnProfile, TimeUnit, ValueClass, ValueSample } from '../../model/profile.ts'
import type { Warning } from '../../model/warning.ts'
import { formatDateTime } from '../../util/date-time-text.ts'
import type { ColumnPolicy } from '../mapping.ts'
import { countValues, type Misfit } from './fit.ts'
import { countNumbers, numberClasses, timeReader } from './time-units.ts'

/** A column's profile in words: reasons, evidence and warnings of type decisions. */

const classWords: Readonly<Record<ValueClass, readonly [string, string]>> = {
  'integer-bit': ['integer 0 or 1', 'integers 0 or 1'],
  integer: ['integer', 'integers'],
  'real-bit': ['real 0.0 or 1.0', 'reals 0.0 or 1.0'],
  'real-integral': ['real without fraction', 'reals without fraction'],
  real: ['real', 'reals'],
  'real-infinite': ['infinity', 'infinities'],
  'text-empty': ["empty text ('')", "empty texts ('')"],
  'text-integer': ['integer written as text', 'integers written as text'],
  'text-decimal': ['decimal number written as text', 'decimal numbers written as text'],
  'text-float': ['number written as text', 'numbers written as text'],
  'text-boolean': ['boolean word', 'boolean words'],
  'text-date': ['date', 'dates'],
  'text-datetime': ['date-time', 'date-times'],
  'text-datetime-offset': ['date-time with offset', 'date-times with offset'],
  'text-time': ['time of day', 'times of day'],
  'text-compact-date': ['date as yyyymmdd', 'dates as yyyymmdd'],
  'text-json': ['JSON text', 'JSON texts'],
  'text-json-odd': ['JSON text that jsonb refuses', 'JSON texts that jsonb refuses'],
  'text-uuid': ['UUID', 'UUIDs'],
  text: ['text', 'texts'],
  'blob-uuid': ['UUID of 16 bytes', 'UUIDs of 16 bytes'],
  'blob-json': ['binary JSON', 'binary JSONs'],
  'blob-json-odd': ['binary JSON that jsonb refuses', 'binary JSONs that jsonb refuses'],
  'blob-text': ['text stored as blob', 'texts stored as blobs'],
  blob: ['blob', 'blobs'],
}

export function countOf(count: number, valueClass: ValueClass): string {
  const [one, many] = classWords[valueClass]
  return `${count} ${count === 1 ? one : many}`
}

export function declaredAs(column: Column): string {
  return column.declaredType === '' ? 'declared without a type' : `declared ${column.declaredType}`
}

/** `3 integers, 1 text`, the commonest first. */
export function classList(profile: ColumnProfile): string {
  return classesByCount(profile)
    .map(([name, found]) => countOf(found.count, name))
    .join(', ')
}

function classesByCount(profile: ColumnProfile): [ValueClass, ClassProfile][] {
  return Object.entries(profile.classes)
    .filter(([, found]) => found.count > 0)
    .map(([name, found]): [ValueClass, ClassProfile] => [name as ValueClass, found])
    .toSorted((a, b) => b[1].count - a[1].count)
}

/** Figures and samples of everything in the column. */
export function evidenceOf(profile: ColumnProfile, timeUnit: TimeUnit | null): string[] {
  const lines = classesByCount(profile).map(([name, found]) => {
    const samples = found.samples.map(({ value }) => quoteSample(name, value))
    return `${countOf(found.count, name)}${samples.length === 0 ? '' : `: ${samples.join(', ')}`}`
  })
  if (profile.nulls > 0) lines.push(`${profile.nulls} NULL`)
  if (profile.integerRange) lines.push(`integers from ${profile.integerRange.min} to ${profile.integerRange.max}`)
  if (profile.realRange) lines.push(`reals from ${profile.realRange.min} to ${profile.realRange.max}`)
  if (profile.maxTextCharacters > 0) lines.push(`texts of up to ${profile.maxTextCharacters} characters`)
  if (timeUnit !== null) lines.push(...timeSamples(profile, timeUnit))
  return lines
}

function quoteSample(valueClass: ValueClass, value: string): string {
  return valueClass.startsWith('text') ? `'${printable(value)}'` : value
}

/** `1709210096 is 2024-02-29 12:34:56 as epoch-s`. */
export function timeSamples(profile: ColumnProfile, unit: TimeUnit): string[] {
  const read = timeReader(unit)
  const samples = numberClasses.flatMap((name) => profile.classes[name]?.samples ?? [])
  return samples.slice(0, 3).flatMap(({ value }) => {
    const number = /^-?\d+$/.test(value) ? BigInt(value) : Number(value)
    const micros = Number.isNaN(Number(number)) ? null : read(number)
    return micros === null ? [] : [`${value} is ${formatDateTime(micros)} as ${unit}`]
  })
}

/** `'abc' (id 3), 'x' (id 7)`. */
export function sampleList(samples: readonly ValueSample[], valueClass: ValueClass | null): string {
  return samples
    .slice(0, 3)
    .map(
      ({ key, value }) =>
        `${valueClass === null ? printable(value) : quoteSample(valueClass, value)} (${keyText(key)})`,
    )
    .join(', ')
}

function keyText(key: ValueSample['key']): string {
  return Object.entries(key)
    .map(([name, value]) => printable(`${name} ${value}`))
    .join(', ')
}

/** `1 of 4 values does not fit integer columns: 1 text, 'abc' (id 3)`. */
export function misfitList(misfits: readonly Misfit[]): string {
  return misfits
    .map(({ valueClass, count, samples, limit }) => {
      if (limit !== null) return limit
      const shown = sampleList(samples, valueClass)
      return `${countOf(count ?? 0, valueClass ?? 'text')}${shown === '' ? '' : `: ${shown}`}`
    })
    .join('; ')
}

export function columnWarning(code: string, column: Column, message: string, remedy: string | null): Warning {
  return { code, table: null, column: column.name, message, remedy }
}

/** What is worth knowing whatever the type: text that PostgreSQL cannot hold, fractions it rounds. */
export function valueWarnings(
  column: Column,
  conversion: ColumnConversion,
  profile: ColumnProfile,
  policy: ColumnPolicy,
): Warning[] {
  const warnings: Warning[] = []
  const { wireType } = conversion
  const isText = wireType === 'text'
  if (isText && profile.withNul.count > 0) warnings.push(nulWarning(column, profile.withNul, policy.nul))
  if (isText && profile.invalidText.count > 0)
    warnings.push(invalidTextWarning(column, profile.invalidText, policy.invalidUtf8))
  if (
    (wireType === 'timestamp' || wireType === 'timestamptz' || wireType === 'time') &&
    profile.subMicrosecond.count > 0
  ) {
    const { count, samples } = profile.subMicrosecond
    const message = `${count} ${count === 1 ? 'value has' : 'values have'} digits below a microsecond, which PostgreSQL cannot hold; they are rounded and listed: ${sampleList(samples, 'text')}`
    warnings.push(columnWarning('precision-lost', column, message, keepTextRemedy(column)))
  }
  if (conversion.timeUnit === 'epoch-ns') {
    const message = `${countNumbers(profile)} numbers of nanoseconds are rounded to microseconds; those that lose digits are listed`
    warnings.push(
      columnWarning('precision-lost', column, message, `To keep every digit: columns: ${column.name}: {type: bigint}`),
    )
  }
  return warnings
}

function nulWarning(column: Column, found: ClassProfile, nul: ColumnPolicy['nul']): Warning {
  const consequence = {
    strip: 'it is stripped and listed',
    reject: 'the rows are rejected',
    escape: String.raw`it is written as \0 and listed`,
  }[nul]
  const message = `${found.count} ${found.count === 1 ? 'text contains' : 'texts contain'} NUL, which PostgreSQL cannot hold; ${consequence}: ${sampleList(found.samples, 'text')}`
  return columnWarning(
    'text-with-nul',
    column,
    message,
    'nul: strip | reject | escape decides; type: bytea keeps the bytes',
  )
}

function invalidTextWarning(column: Column, found: ClassProfile, rule: string): Warning {
  const consequence =
    rule === 'replace'
      ? 'what cannot be read becomes U+FFFD and is listed'
      : rule === 'reject' || rule === 'bytea'
        ? 'the rows are rejected'
        : `they are read as ${rule} and listed`
  const message = `${found.count} ${found.count === 1 ? 'text is' : 'texts are'} not valid UTF-8; ${consequence}: ${sampleList(found.samples, 'text')}`
  return columnWarning(
    'invalid-text',
    column,
    message,
    'If you know the encoding: invalidUtf8: windows-1252 (or another); invalidUtf8: bytea keeps the bytes',
  )
}

export function keepTextRemedy(column: Column): string {
  return `To keep the values as they are: columns: ${column.name}: {type: text}`
}

/** `4 of 5 values`. */
export function shareOf(misfits: readonly Misfit[], profile: ColumnProfile): string {
  const values = countValues(profile)
  const counted = misfits.reduce((sum, { count }) => sum + (count ?? 0), 0)
  return counted === 0 ? `some of ${values} values` : `${counted} of ${values} ${values === 1 ? 'value' : 'values'}`
}
