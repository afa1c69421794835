import type { Table } from './shape.ts'

/** What somebody would write by hand who moves the tables with `psql`. */
export function createTables(tables: readonly Table[]): string[] {
  return tables.map(({ name, columns }) => {
    const lines = columns.map(
      (column) => `"${column.name}" ${column.postgres}${column.notNull || column.name === 'id' ? ' not null' : ''}`,
    )
    return `create table "${name}" (${lines.join(', ')})`
  })
}

/** After the load, as rowferry and pgloader do it. */
export function createKeys(tables: readonly Table[]): string[] {
  const keys = tables.flatMap(({ name, uniques, indexes }) => [
    `alter table "${name}" add primary key ("id")`,
    ...uniques.map((column) => `alter table "${name}" add unique ("${column}")`),
    ...indexes.map((column) => `create index on "${name}" ("${column}")`),
  ])
  const foreignKeys = tables.flatMap(({ name, foreignKeys }) =>
    foreignKeys.map(
      (key) => `alter table "${name}" add foreign key ("${key.column}") references "${key.table}" ("id")`,
    ),
  )
  return [...keys, ...foreignKeys]
}

export function columnList(table: Table): string {
  return table.columns.map(({ name }) => `"${name}"`).join(', ')
}

/** Takes the rows of `staging` where they are new or differ; what the target has beside them stays. */
export function upsertFromStaging(table: Table, staging: string): string {
  const others = table.columns.slice(1).map(({ name }) => `"${name}"`)
  const list = columnList(table)
  const [target, excluded] = [`"${table.name}".`, 'excluded.'].map((from) =>
    others.map((name) => from + name).join(', '),
  )
  return (
    `insert into "${table.name}" (${list}) select ${list} from ${staging} on conflict ("id") do update set ` +
    `${others.map((name) => `${name} = excluded.${name}`).join(', ')} where (${target}) is distinct from (${excluded})`
  )
}

/**
 * The table that an upsert meets, made of `staging`, which holds the source's rows: every tenth of them is missing, every
 * tenth is older, and as many as a tenth have ids that the source does not have.
 */
export function fillTarget(table: Table, staging: string): string[] {
  const list = columnList(table)
  const older = columnsWith(table, { name: `case when "id" % 10 = 1 then 'older' else "name" end` })
  const alien = columnsWith(table, { id: `"id" + ${table.rows}` })
  return [
    `insert into "${table.name}" (${list}) select ${older} from ${staging} where "id" % 10 <> 0`,
    `insert into "${table.name}" (${list}) select ${alien} from ${staging} where "id" % 10 = 2`,
  ]
}

function columnsWith(table: Table, changed: Readonly<Record<string, string>>): string {
  return table.columns.map(({ name }) => changed[name] ?? `"${name}"`).join(', ')
}
