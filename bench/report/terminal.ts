import Table from 'cli-table3'
import type { Section } from './sections.ts'
import { borderless } from '../../src/cli/terminal/text-table.ts'

/** A table without lines between its rows. */
export function terminalTable({ title, head, figures, rows }: Section): string {
  const table = new Table({
    head: [...head],
    colAligns: head.map((_, column) => (figures.has(column) ? 'right' : 'left')),
    chars: borderless,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  })
  for (const row of rows) table.push([...row])
  const lines = table.toString().split('\n')
  return `${title}\n${lines.map((line) => `  ${line}`.trimEnd()).join('\n')}\n`
}
