import { zeroColumn, zeroTable } from '../config/zero-settings.ts'
import type { TypeDecision } from '../mapping/mapping.ts'
import { translateDefault } from '../mapping/sqlite-to-postgres/defaults.ts'
import type { Translation } from '../mapping/sqlite-to-postgres/expression-context.ts'
import { typeFacts } from '../mapping/sqlite-to-postgres/type-names.ts'
import type { Column } from '../model/catalog.ts'
import type { TableProfile } from '../model/profile.ts'
import type { Warning } from '../model/warning.ts'
import type { ZeroSettings } from '../model/zero.ts'
import type { TablePlace } from './table-place.ts'
import { decideType } from './decide-type.ts'
import type { PlanSettings } from './plan-settings.ts'

/** What `zero:` makes of the type of a column. Without it nothing is changed. */

export type ZeroColumnPlace = {
  readonly place: TablePlace
  readonly column: Column
  /** Name in the target. */
  readonly target: string
  readonly settings: PlanSettings
}

export function decideForZero(decision: TypeDecision, where: ZeroColumnPlace): TypeDecision {
  const { place, column, target, settings } = where
  const { zero } = settings
  if (zero === null || isKeptFromZero(zero, place.target, target)) return decision
  const chosen = settings.column(place.source.name.name, column.name).type !== null
  // What PostgreSQL computes itself it computes as bytes.
  const canEncode = decision.type === 'bytea' && !chosen && column.generated === null
  if (canEncode && byteaPolicy(zero, where) === 'base64') return asBase64(decision, where)
  if (!isHiddenFromZero(decision.type)) return decision
  const remedy = canEncode
    ? `To sync it as text in base64: zero: tables: ${place.target}: columns: ${target}: {bytea: base64}`
    : null
  const replicated = zero.publication === null ? '; its values are replicated all the same' : ''
  const message = `${place.target}.${target} is ${decision.type}, which Zero does not sync${replicated}.`
  return withWarning(decision, { code: 'zero-not-synced', table: null, column: column.name, message, remedy }, where)
}

/** The same for a column that exists: base64 where a migration for Zero would have made a text of bytes. */
export function existingForZero(
  decision: TypeDecision,
  where: ZeroColumnPlace & { readonly profile: TableProfile },
): TypeDecision {
  const { zero } = where.settings
  const { wireType, castTo, maxCharacters, enumLabels } = decision.conversion
  const isPlainText = wireType === 'text' && castTo === null && maxCharacters === null && enumLabels === null
  if (zero === null || !isPlainText || isKeptFromZero(zero, where.place.target, where.target)) return decision
  if (byteaPolicy(zero, where) !== 'base64') return decision
  const { settings, place, column, profile } = where
  const natural = decideType(place.source, column, profile, { settings, findOverride: () => null })
  if (natural.type !== 'bytea') return decision
  const warnings = decision.warnings.filter(({ code }) => code !== 'blob-as-hex' && code !== 'misfits-expected')
  return asBase64({ ...decision, warnings }, where)
}

function asBase64(decision: TypeDecision, where: ZeroColumnPlace): TypeDecision {
  const { place, column, target } = where
  const message = `${place.target}.${target} holds bytes and becomes text in base64, which Zero syncs; decode(${target}, 'base64') gives the bytes.`
  const remedy = `To keep the bytes and not sync them: zero: tables: ${place.target}: columns: ${target}: {bytea: omit}`
  return withWarning(
    {
      ...decision,
      type: 'text',
      conversion: { ...decision.conversion, wireType: 'text', emptyToNull: false, asBase64: true },
      reason: `text in base64 for Zero, which syncs no bytea; ${decision.reason}`,
    },
    { code: 'zero-bytes-as-text', table: null, column: column.name, message, remedy },
    where,
  )
}

function byteaPolicy(zero: ZeroSettings, { place, target }: ZeroColumnPlace): 'base64' | 'omit' {
  return zeroColumn(zero, place.target, target).bytea ?? zero.bytea
}

function withWarning(decision: TypeDecision, warning: Warning, { place }: ZeroColumnPlace): TypeDecision {
  return { ...decision, warnings: [...decision.warnings, { ...warning, table: place.source.name.name }] }
}

/** A column that the publication leaves out need not be what Zero likes. */
export function isKeptFromZero(zero: ZeroSettings, table: string, column: string): boolean {
  if (zero.publication === null) return false
  return zeroTable(zero, table).exclude || zeroColumn(zero, table, column).exclude
}

/** Types by their names in DDL that Zero does not sync; what is not known here may be an enumeration, which it does. */
const hiddenTypes = new Set(
  (
    'citext hstore interval money xml tsvector tsquery oid bit varbit point box line lseg path polygon circle name ' +
    'int4range int8range numrange daterange tsrange tstzrange ltree'
  ).split(' '),
)

export function isHiddenFromZero(type: string): boolean {
  const { wireType, castTo } = typeFacts(type)
  if (wireType === 'bytea') return true
  const name =
    type
      .toLowerCase()
      .replace(/[(\s].*$/, '')
      .split('.')
      .at(-1) ?? ''
  return castTo !== null && hiddenTypes.has(name)
}

/** A DEFAULT for a column in base64. PostgreSQL breaks the lines of long ones. */
export function base64Default(text: string): Translation {
  const bytes = translateDefault(text, 'bytea', { timeUnit: null })
  if (!bytes.ok) return bytes
  return { ...bytes, type: 'text', sql: String.raw`translate(encode(${bytes.sql}, 'base64'), E'\n', '')` }
}
