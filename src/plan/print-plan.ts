import { tableLabel } from '../model/catalog.ts'
import type { Plan, Step } from '../model/plan.ts'

/** The plan as a script that PostgreSQL runs: what `plan.sql` holds. Loading stands in it as comments. */
export function printPlanSql(plan: Plan): string {
  const lines = [
    `-- rowferry: ${plan.source.label} into ${plan.target.label}, schema ${plan.target.schema}`,
    `-- ${plan.tables.length} tables, ${plan.tables.reduce((sum, table) => sum + table.rows, 0)} rows`,
    '',
  ]
  for (const step of plan.steps) lines.push(...printStep(step, plan), '')
  if (plan.notCarried.length > 0) {
    lines.push('-- Not carried:')
    for (const object of plan.notCarried) {
      lines.push(
        ...comment(
          `${object.kind} ${object.table ? `${tableLabel(object.table)}.` : ''}${object.name}: ${object.note ?? ''}`,
        ),
      )
      if (object.sourceSql) lines.push(...comment(`  ${object.sourceSql}`))
    }
  }
  return `${lines.join('\n').trimEnd()}\n`
}

function printStep(step: Step, plan: Plan): string[] {
  switch (step.kind) {
    case 'create-tables':
    case 'add-objects':
      return step.objects.flatMap((object) => [...(object.note ? comment(object.note) : []), `${object.sql};`])
    case 'copy-tables':
      return step.waves.flatMap((wave, number) => [
        ...(step.waves.length > 1 ? [`-- wave ${number + 1}`] : []),
        ...wave.map((name) => {
          const table = plan.tables.find((candidate) => candidate.target.name === name.name)
          return `-- load ${tableLabel(name)}: ${table?.rows ?? 0} rows in ${table?.shards.length ?? 0} shards (${table?.mode}, ${table?.strategy})`
        }),
      ])
    case 'treat-orphans':
      return step.tables.map((name) => `-- treat rows of ${tableLabel(name)} that point to no row`)
    case 'reset-sequences':
      return step.sequences.map(
        ({ table, column, atLeast }) =>
          `-- let ${tableLabel(table)}.${column} number on after its greatest value${atLeast === null ? '' : `, at least after ${atLeast}`}`,
      )
    case 'verify-counts':
      return [`-- compare the row counts of ${step.tables.length} tables`]
    case 'verify-content':
      return [`-- compare the content of ${step.tables.length} tables by hash`]
    case 'reset-zero':
      return step.slots.map((slot) => `-- drop the replication slot ${slot} of Zero, if it is idle`)
    case 'prepare-zero':
      return [
        ...(step.publication === null ? [] : [`-- make the publication ${step.publication} of what Zero shall sync`]),
        `-- write the schema for Zero: ${step.schemaFile}`,
      ]
  }
}

function comment(text: string): string[] {
  return text.split('\n').map((line) => `-- ${line}`)
}
