import type { TypeFamily } from '../../databases/sqlite/declared-type.ts'
import type { Column } from '../../model/catalog.ts'
import type { ColumnProfile } from '../../model/profile.ts'
import type { Warning } from '../../model/warning.ts'
import type { ColumnPolicy, TypeDecision } from '../mapping.ts'
import { conversionTo } from './conversions.ts'
import { classList, columnWarning, declaredAs, evidenceOf, valueWarnings } from './describe-column.ts'
import { countValues, findMisfits, type Misfit } from './fit.ts'
import { durationWarnings, findDurationUnit } from './duration-units.ts'
import { printedColumn } from './printed/printed-column.ts'
import { expectMisfits } from './sample-misfits.ts'
import { findTimeUnit } from './time-units.ts'
import {
  type Candidate,
  type Facts,
  meantFamily,
  naturalCandidates,
  text,
  timeFacts,
  timestampUnits,
  widerCandidates,
  withTimeUnit,
} from './type-candidates.ts'
import { typeFacts } from './type-names.ts'
import { bytesWarnings, misfitWarning, unitWarnings, wideningWarning, zoneWarnings } from './type-warnings.ts'

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
  if (chosen !== null && someValueFits(chosen.misfits, asked))
    return decide(chosen.candidate, natural, chosen.misfits, facts)
  return decide(narrowest([...natural, ...widerCandidates(facts)], facts), natural, [], facts)
}

function narrowest(candidates: readonly Candidate[], facts: Facts): Candidate {
  return (
    candidates.find(({ conversion }) => findMisfits(conversion, facts.profile).length === 0) ??
    text({ ...facts, family: 'none' })
  )
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
  const printed = facts.castTo === null ? undefined : printedColumn(type, column, policy)
  const isInterval = printed?.kind === 'interval'
  const isStamp = facts.wireType === 'timestamp' || facts.wireType === 'timestamptz' || facts.wireType === 'date'
  const found = isStamp ? findTimeUnit(profile, [...timestampUnits, 'epoch-days']) : null
  const unit = isInterval
    ? (findDurationUnit(column, profile, policy)?.unit ?? null)
    : (policy.timeUnit ?? found?.unit ?? null)
  const conversion = conversionTo(facts.wireType, policy, {
    ...facts,
    ...(printed === undefined ? {} : { printed }),
    timeUnit: isStamp || isInterval || facts.wireType === 'time' ? unit : null,
    emptyToNull: facts.emptyToNull && !column.notNull,
    onMisfit: policy.onMisfit === 'null' && !column.notNull ? 'null' : 'reject',
    ...(facts.wireType === 'text' && facts.castTo === null && policy.onMisfit === 'widen' ? { blobAsHex: true } : {}),
    ...(timePrecision === undefined ? {} : { timePrecision }),
  })
  const misfits = expectMisfits(column, conversion, profile)
  const warnings = misfits.length === 0 ? [] : [misfitWarning(column, type, conversion, misfits, profile)]
  return {
    type,
    conversion,
    reason: `set in the configuration; ${declaredAs(column)}${valuesClause(profile)}`,
    evidence: evidenceOf(profile, isInterval ? null : conversion.timeUnit),
    warnings: [
      ...warnings,
      ...(isInterval
        ? durationWarnings(column, conversion, profile, policy)
        : unit === null
          ? []
          : unitWarnings(column, conversion, profile, { sure: found?.sure ?? true, policy })),
      ...valueWarnings(column, conversion, profile, policy),
    ],
  }
}

function valuesClause(profile: ColumnProfile): string {
  return countValues(profile) === 0 ? '; no values' : `; ${classList(profile)}`
}

function decide(
  chosen: Candidate,
  natural: readonly Candidate[],
  misfits: readonly Misfit[],
  facts: Facts,
): TypeDecision {
  const {
    column,
    profile,
    policy,
    time: { sure },
  } = facts
  const { type, conversion } = chosen
  const warnings: Warning[] = []
  const widened = wideningWarning(chosen, natural, facts)
  if (widened) warnings.push(widened)
  if (misfits.length > 0) warnings.push(misfitWarning(column, type, conversion, misfits, profile))
  if (conversion.numeric !== null && profile.maxFractionDigits > conversion.numeric.scale) {
    const message = `numbers have up to ${profile.maxFractionDigits} digits behind the point; ${type} rounds them, and each is listed`
    warnings.push(
      columnWarning('precision-lost', column, message, `To keep every digit: columns: ${column.name}: {type: numeric}`),
    )
  }
  warnings.push(
    ...unitWarnings(column, conversion, profile, { sure, policy }),
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
