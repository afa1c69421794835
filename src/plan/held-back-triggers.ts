import { qualifiedName, quoteIdentifier } from '../databases/postgres/identifiers.ts'
import type { Column, InsertTrigger, Table } from '../model/catalog.ts'
import type { Warning } from '../model/warning.ts'

/**
 * The target's own triggers do not fire while rows are loaded, since most of them did their work in the source's application already. What they would have filled stays as it is: it
 * is named, with the statement that fills it. `unfed`: columns of the target that no column of the source fills.
 */
export function heldBackWarnings(source: string, existing: Table, unfed: readonly Column[]): Warning[] {
  return (existing.postgres?.insertTriggers ?? []).map((trigger) => {
    const filled = unfed.filter((column) => column.default === null && fills(trigger, column.name))
    const names = filled.map(({ name }) => name).join(', ')
    const consequence =
      filled.length === 0
        ? 'what it would change or fill is left as it is'
        : `${names} ${filled.length === 1 ? 'stays' : 'stay'} NULL, which it would have filled`
    return {
      code: 'trigger-held-back',
      table: source,
      column: null,
      message: `The trigger ${trigger.name} of ${existing.name.name} does not fire while rows are loaded: ${consequence}.`,
      remedy: remedyFor(existing, trigger),
    }
  })
}

function fills({ body, arguments: given }: InsertTrigger, column: string): boolean {
  const name = column.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
  return given.includes(column) || new RegExp(`\\bnew\\s*\\.\\s*"?${name}"?\\s*:?=(?!=)`, 'i').test(body)
}

/** An update that changes nothing fires it afterwards, where it fires on updates. */
function remedyFor(existing: Table, { onUpdateOf }: InsertTrigger): string {
  const fire = 'let triggers fire while loading: --fire-triggers (into an emptied table: --strategy replace)'
  if (onUpdateOf === null) return `To fill it, ${fire}`
  const column = onUpdateOf[0] ?? existing.columns.find((one) => isUpdatable(one))?.name
  if (column === undefined) return `To fill it, ${fire}`
  const quoted = quoteIdentifier(column)
  return `To fill it afterwards: update ${qualifiedName(existing.name)} set ${quoted} = ${quoted}; or ${fire}`
}

function isUpdatable({ generated, postgres }: Column): boolean {
  return generated === null && postgres?.identity !== 'always'
}
