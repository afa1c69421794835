import type { Column } from '../model/catalog.ts'

/** A whole number that the database does not make itself. */
export function isNumberedByApplication({ postgres, generated, default: byDefault }: Column): boolean {
  const isWhole = ['int2', 'int4', 'int8', 'numeric'].includes(postgres?.typeName ?? '')
  return (
    isWhole && postgres?.identity === null && postgres.sequence === null && generated === null && byDefault === null
  )
}
