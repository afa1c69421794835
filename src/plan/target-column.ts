import { type Affinity, affinity } from '../databases/sqlite/declared-type.ts'
import type { TypeDecision } from '../mapping/mapping.ts'
import type { ExpressionScope } from '../mapping/sqlite-to-postgres/expressions.ts'
import type { ScopeColumn } from '../mapping/sqlite-to-postgres/expression-types.ts'
import type { Column, Table } from '../model/catalog.ts'
import type { PlannedColumn } from '../model/plan.ts'
import type { ColumnProfile } from '../model/profile.ts'

/** What a source column becomes in the target, as far as keys, checks and views need to know. */
export type TargetColumn = {
  readonly target: string
  readonly type: string
  readonly collation: string | null
  readonly timeUnit: PlannedColumn['conversion']['timeUnit']
  readonly affinity: Affinity
  readonly generated: boolean
  /** NULLs that the target column will hold, `''` that becomes NULL included. */
  readonly nulls: number
  readonly emptyToNull: boolean
  /** Its text is the base64 of what the source holds: no expression of the source holds for it. */
  readonly encoded: boolean
}

export function targetColumn(entry: {
  column: Column
  decision: TypeDecision
  target: string
  profile: ColumnProfile
}): TargetColumn {
  const { conversion } = entry.decision
  const empty = conversion.emptyToNull ? (entry.profile.classes['text-empty']?.count ?? 0) : 0
  return {
    target: entry.target,
    type: entry.decision.type,
    collation: entry.column.collation?.toUpperCase() ?? null,
    timeUnit: conversion.timeUnit,
    affinity: affinity(entry.column.declaredType),
    generated: entry.column.generated !== null,
    nulls: entry.profile.nulls + empty,
    emptyToNull: conversion.emptyToNull,
    encoded: conversion.asBase64 === true,
  }
}

/** SQLite finds columns without regard to case. */
export function expressionScope(source: Table, columns: ReadonlyMap<string, TargetColumn>): ExpressionScope {
  const byName = new Map([...columns].map(([name, column]) => [name.toLowerCase(), scopeColumn(column)]))
  const leftOut = new Set(leftOutColumns(source, columns).map((name) => name.toLowerCase()))
  const encoded = new Set(encodedColumns(columns).map((name) => name.toLowerCase()))
  return {
    column: (name) => byName.get(name.toLowerCase()) ?? null,
    isLeftOut: (name) => leftOut.has(name.toLowerCase()),
    isEncoded: (name) => encoded.has(name.toLowerCase()),
  }
}

export function scopeColumn({ target, type, collation, timeUnit, affinity, generated }: TargetColumn): ScopeColumn {
  const known = collation === 'NOCASE' || collation === 'RTRIM' ? collation : null
  return { target, type, collation: known, timeUnit, affinity, generated }
}

export function leftOutColumns(source: Table, columns: ReadonlyMap<string, TargetColumn>): string[] {
  return source.columns.map((column) => column.name).filter((name) => !columns.has(name))
}

export function encodedColumns(columns: ReadonlyMap<string, TargetColumn>): string[] {
  return [...columns].filter(([, column]) => column.encoded).map(([name]) => name)
}

const numberTypes = /^(bigint|integer|smallint|numeric|double precision|real)\b/

/** PostgreSQL has an equality between the number types, and between equal types. */
export function sameKeyType(a: string, b: string): boolean {
  return a === b || (numberTypes.test(a) && numberTypes.test(b)) || (isText(a) && isText(b))
}

function isText(type: string): boolean {
  return /^(text|character varying|varchar|character|char)\b/.test(type)
}
