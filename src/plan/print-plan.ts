import { printableSql, sqlComment } from '../databases/postgres/printable-sql.ts'
import { tableLabel as label, type TableName } from '../model/catalog.ts'
import type { Plan, Step } from '../model/plan.ts'
import { printable } from '../util/printable.ts'

/** The plan as a script that PostgreSQL runs: what `plan.sql` holds. Loading stands in it as comments. */
export function printPlanSql(plan: Plan): string {
  const { source, target } = plan
  const lines = [
    `-- rowferry: ${printable(source.label)} into ${printable(target.label)}, schema ${printable(target.schema)}`,
    `-- ${plan.tables.length} tables, ${plan.tables.reduce((sum, table) => sum + table.rows, 0)} rows`,
    '',
  ]
  for (const step of plan.steps) lines.push(...printStep(step, plan), '')
  if (plan.notCarried.length > 0) {
    lines.push('-- Not carried:')
    for (const object of plan.notCarried) {
      lines.push(
        ...sqlComment(
          printable(
            `${object.kind} ${object.table ? `${tableLabel(object.table)}.` : ''}${object.name}: ${object.note ?? ''}`,
          ),
        ),
      )
      if (object.sourceSql) lines.push(...sqlComment(`  ${object.sourceSql}`))
    }
  }
  return `${lines.join('\n').trimEnd()}\n`
}

function printStep(step: Step, plan: Plan): string[] {
  switch (step.kind) {
    case 'create-tables':
    case 'add-objects':
      return step.objects.flatMap((object) => [
        ...(object.note ? [`-- ${printable(object.note)}`] : []),
        `${printableSql(object.sql ?? '')};`,
      ])
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
        ({ table, column, atLeast, sequence }) =>
          `-- let ${sequence ? `sequence ${tableLabel(sequence)} go on after the greatest value of ` : ''}${tableLabel(table)}.${printable(column)}${sequence ? '' : ' number on after its greatest value'}${atLeast === null ? '' : `, at least after ${atLeast}`}`,
      )
    case 'verify-counts':
      return [`-- compare the row counts of ${step.tables.length} tables`]
    case 'verify-content':
      return [`-- compare the content of ${step.tables.length} tables by hash`]
    case 'reset-zero':
      return step.slots.map((slot) => `-- drop the replication slot ${printable(slot)} of Zero, if it is idle`)
    case 'prepare-zero':
      return [
        ...(step.publication === null
          ? []
          : [`-- make the publication ${printable(step.publication)} of what Zero shall sync`]),
        `-- write the schema for Zero: ${printable(step.schemaFile)}`,
      ]
  }
}

/** Every name in a comment goes through here or `printable`: what follows a line end would be SQL. */
function tableLabel(name: TableName): string {
  return printable(label(name))
}
