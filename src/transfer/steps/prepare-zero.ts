import { relative } from 'node:path'
import { tableLabel } from '../../model/catalog.ts'
import type { Plan } from '../../model/plan.ts'
import type { Warning } from '../../model/warning.ts'
import type { ZeroFinding } from '../../model/zero.ts'
import { examineForZero } from '../../zero/examine/examine-for-zero.ts'
import { publishForZero } from '../../zero/publish-for-zero.ts'
import { type SchemaFile, writeZeroSchema } from '../../zero/write-schema.ts'
import type { RunStep, StepContext } from './step.ts'

/**
 * All of it can be done again: the publication is brought up to date, and a file that says the same is not touched. A file
 * that somebody changed is kept: nobody can be asked here.
 */
export const prepareZero: RunStep<'prepare-zero'> = async (_step, context) => {
  const { target, plan, zero, signal, cwd, account, emit } = context
  if (zero === null) return
  const client = await target.reconnect()
  const { schema } = plan.target
  const published = await publishForZero(client, { schema, settings: zero })
  const findings = await examineForZero(client, { schema, settings: zero, signal })
  const file = await writeZeroSchema(client, { schema, settings: zero, cwd, confirmReplacing: () => false })
  const seen: Seen[] = [
    ...(published?.warnings ?? []).map((warning) => ({ object: objectOf(schema, warning), warning })),
    ...findings.map((finding) => ({
      object: finding.object.replace(/^(table|column) /, ''),
      warning: asWarning(finding),
    })),
    ...file.schema.warnings.map((warning) => ({ object: objectOf(schema, warning), warning })),
    ...(file.outcome === 'kept' ? [{ object: null, warning: keptWarning(file, context) }] : []),
  ]
  for (const warning of untold(seen, plan)) {
    account.warnings.push(warning)
    emit('warning', warning)
  }
}

/** `object`: what is not synced, as a label; null for anything else. */
type Seen = { readonly object: string | null; readonly warning: Warning }

/** Codes that all say the same of a table or column: Zero does not have it. */
const absence = new Set(['zero-not-synced', 'zero-hides', 'zero-table-left-out', 'zero-column-left-out'])

/** The plan, the publication, the examination and the schema file each know what is not synced; it is told once. */
function untold(seen: readonly Seen[], plan: Plan): Warning[] {
  const told = new Set(plan.warnings.flatMap((warning) => plannedLabel(warning, plan) ?? []))
  return seen.flatMap(({ object, warning }) => {
    if (object === null || !absence.has(warning.code)) return [warning]
    if (told.has(object)) return []
    told.add(object)
    return [warning]
  })
}

/** The plan's warnings name the source. */
function plannedLabel({ code, table, column }: Warning, { tables }: Plan): string | null {
  const planned = tables.find((candidate) => candidate.source.name === table)
  if (!planned || !absence.has(code)) return null
  if (column === null) return tableLabel(planned.target)
  return `${tableLabel(planned.target)}.${planned.columns.find(({ source }) => source === column)?.target ?? column}`
}

/** Those of the publication name the table, those of the schema file its label. */
function objectOf(schema: string, { table, column }: Warning): string | null {
  if (table === null) return null
  const label = table.startsWith(`${schema}.`) ? table : tableLabel({ schema, name: table })
  return label + (column === null ? '' : `.${column}`)
}

const bySeverity = {
  stops: { code: 'zero-stops' },
  breaks: { code: 'zero-breaks' },
  hides: { code: 'zero-hides' },
  warns: { code: 'zero-warns' },
} as const satisfies Record<ZeroFinding['severity'], Pick<Warning, 'code'>>

function asWarning({ severity, object, effect, remedy }: ZeroFinding): Warning {
  return { ...bySeverity[severity], table: null, column: null, message: `${object}: ${effect}`, remedy }
}

function keptWarning({ path }: SchemaFile, { cwd, target }: StepContext): Warning {
  return {
    code: 'zero-schema-kept',
    table: null,
    column: null,
    message: `${relative(cwd, path)} was written or changed by hand, so it was left as it is.`,
    remedy: `To replace it: rowferry zero '${target.label}' --yes`,
  }
}
