import { typeFamily } from '../../databases/sqlite/declared-type.ts'
import type { Column, PostgresColumnFacts } from '../../model/catalog.ts'
import type { ColumnConversion, PrintedType } from '../../model/plan.ts'
import type { ColumnProfile, TimeUnit } from '../../model/profile.ts'
import type { Warning } from '../../model/warning.ts'
import type { ColumnPolicy, TypeDecision } from '../mapping.ts'
import { conversionTo } from './conversions.ts'
import { classList, columnWarning, declaredAs, evidenceOf, valueWarnings } from './describe-column.ts'
import { countValues } from './fit.ts'
import { durationWarnings, findDurationUnit } from './duration-units.ts'
import { printedColumn } from './printed/printed-column.ts'
import { expectMisfits } from './sample-misfits.ts'
import { findTimeUnit } from './time-units.ts'
import { typeFacts } from './type-names.ts'
import { timestampUnits, withTimeUnit, writesBlobsAsHex } from './type-candidates.ts'
import { misfitWarning, unitWarnings } from './type-warnings.ts'

/**
 * How the values of a source column get into a column that exists: the target's type decides. What does not fit is a misfit of
 * its row; what fits only rounded (numeric's scale, `real`, `timestamp(3)`) is rounded as PostgreSQL would, and listed.
 */
export function conversionForExisting(
  targetColumn: Column,
  sourceColumn: Column,
  profile: ColumnProfile,
  policy: ColumnPolicy,
): TypeDecision {
  const facts = existingFacts(targetColumn, sourceColumn, policy)
  const isInterval = facts.printed?.kind === 'interval'
  const found = isInterval ? findDurationUnit(sourceColumn, profile, policy) : findUnit(facts.wireType, profile, policy)
  const asked = withTimeUnit(profile, policy.timeUnit)
  const conversion = conversionTo(facts.wireType, policy, {
    ...facts,
    timeUnit: found?.unit ?? null,
    notNull: targetColumn.notNull,
    onMisfit: policy.onMisfit === 'null' && !targetColumn.notNull ? 'null' : 'reject',
    ...(facts.wireType === 'text' && facts.castTo === null
      ? { blobAsHex: writesBlobsAsHex(typeFamily(sourceColumn.declaredType), policy) }
      : {}),
  })
  const misfits = expectMisfits(sourceColumn, conversion, asked)
  const warnings: Warning[] = []
  if (misfits.length > 0)
    warnings.push(misfitWarning(sourceColumn, targetColumn.declaredType, conversion, misfits, profile))
  warnings.push(
    ...nullWarnings(targetColumn, sourceColumn, conversion, profile),
    ...precisionWarnings(targetColumn, sourceColumn, conversion, profile),
    ...(isInterval
      ? durationWarnings(sourceColumn, conversion, profile, policy)
      : found === null
        ? []
        : unitWarnings(sourceColumn, conversion, profile, { sure: found.sure, policy })),
    ...valueWarnings(sourceColumn, conversion, profile, policy),
  )
  const values = countValues(profile) === 0 ? 'no values' : classList(profile)
  return {
    type: targetColumn.declaredType,
    conversion,
    reason: `the target's column is ${targetColumn.declaredType}; ${declaredAs(sourceColumn)}; ${values}`,
    evidence: evidenceOf(profile, isInterval ? null : conversion.timeUnit),
    warnings,
  }
}

type ExistingFacts = Pick<
  ColumnConversion,
  'wireType' | 'castTo' | 'maxCharacters' | 'numeric' | 'enumLabels' | 'emptyToNull'
> & {
  readonly timePrecision?: number
  readonly printed?: PrintedType
}

/** The target's column as it takes values; `source` tells what its numbers and date-times may mean. */
function existingFacts(target: Column, source: Column, policy: ColumnPolicy): ExistingFacts {
  const facts = factsOf(target)
  if (facts.castTo === null || facts.enumLabels !== null) return facts
  return { ...facts, printed: printedColumn(target.postgres?.baseType ?? target.declaredType, source, policy) }
}

function factsOf({ declaredType, postgres }: Column): ExistingFacts {
  if (postgres === null) return { ...typeFacts(declaredType), enumLabels: null }
  if (postgres.typeKind === 'enum') return { ...asCast(declaredType), enumLabels: postgres.enumLabels }
  // "char" is a byte, not char(1); timetz and the like have no codec.
  if (postgres.typeKind !== 'base' || postgres.typeSchema !== 'pg_catalog' || postgres.typeName === 'char') {
    const { emptyToNull } = typeFacts(postgres.typeName === 'char' ? 'name' : postgres.typeName)
    return { ...asCast(declaredType), emptyToNull }
  }
  const facts = typeFacts(postgres.typeName)
  if (facts.castTo !== null) return { ...facts, castTo: declaredType, enumLabels: null }
  return { ...facts, ...modifiers(facts.wireType, postgres), enumLabels: null }
}

function asCast(declaredType: string): ExistingFacts {
  return {
    wireType: 'text',
    castTo: declaredType,
    maxCharacters: null,
    numeric: null,
    enumLabels: null,
    emptyToNull: true,
  }
}

/** atttypmod as PostgreSQL packs it: VARHDRSZ (4) is added to lengths and to numeric's two halves. */
function modifiers(wireType: ColumnConversion['wireType'], { typmod }: PostgresColumnFacts): Partial<ExistingFacts> {
  if (typmod < 0) return { maxCharacters: null }
  if (wireType === 'text') return { maxCharacters: typmod - 4 }
  if (wireType === 'numeric') {
    const packed = typmod - 4
    // The scale has eleven bits and a sign: numeric(2,-3) since PostgreSQL 15.
    return { numeric: { precision: (packed >> 16) & 0xffff, scale: ((packed & 0x7ff) ^ 0x400) - 0x400 } }
  }
  return wireType === 'time' || wireType === 'timestamp' || wireType === 'timestamptz' ? { timePrecision: typmod } : {}
}

function findUnit(
  wireType: ColumnConversion['wireType'],
  profile: ColumnProfile,
  policy: ColumnPolicy,
): { readonly unit: TimeUnit; readonly sure: boolean } | null {
  const isTime = wireType === 'date' || wireType === 'time' || wireType === 'timestamp' || wireType === 'timestamptz'
  if (!isTime) return null
  if (policy.timeUnit !== null) return { unit: policy.timeUnit, sure: true }
  if (wireType === 'time') return findTimeUnit(profile, ['seconds-of-day'])
  return findTimeUnit(profile, wireType === 'date' ? [...timestampUnits, 'epoch-days'] : timestampUnits)
}

function nullWarnings(target: Column, source: Column, conversion: ColumnConversion, profile: ColumnProfile): Warning[] {
  const empty = conversion.emptyToNull ? (profile.classes['text-empty']?.count ?? 0) : 0
  const count = profile.nulls + empty
  if (!target.notNull || count === 0) return []
  const message = `${count} ${count === 1 ? 'value is' : 'values are'} NULL${empty > 0 ? " (or '')" : ''}, and the target's column ${target.name} is NOT NULL: their rows are rejected`
  return [
    columnWarning(
      'misfits-expected',
      source,
      message,
      `To allow NULL: alter table … alter column "${target.name}" drop not null`,
    ),
  ]
}

function precisionWarnings(
  target: Column,
  source: Column,
  conversion: ColumnConversion,
  profile: ColumnProfile,
): Warning[] {
  const warn = (message: string, wider: string): Warning[] => [
    columnWarning(
      'precision-lost',
      source,
      message,
      `To keep every digit: alter table … alter column "${target.name}" type ${wider}`,
    ),
  ]
  const reals = profile.classes.real?.count ?? 0
  if (conversion.wireType === 'float4' && reals > 0) {
    return warn(
      `the target's column is real, which has four bytes; of ${reals} reals those that do not fit exactly are rounded and listed`,
      'double precision',
    )
  }
  if (conversion.numeric !== null && profile.maxFractionDigits > conversion.numeric.scale) {
    const { scale } = conversion.numeric
    return warn(
      `numbers have up to ${profile.maxFractionDigits} digits behind the point and the target's column keeps ${scale}; they are rounded and listed`,
      'numeric',
    )
  }
  return []
}
