import type { Warning } from '../model/warning.ts'

/** The warning with the place it speaks of, where its sentence does not name it by itself. */
export function warningText({ table, column, message }: Warning): string {
  const place = [table, column].filter((part) => part !== null).join('.')
  const named = place === '' || message.includes(place) || (column === null && message.includes(table ?? ''))
  return named ? message : `${place}: ${message}`
}
