import type { Machine } from '../machine.ts'
import type { ShapeResult } from './results.ts'
import { type Section, sectionsOf } from './sections.ts'
import { countText } from './text.ts'

/** `docs/reference/performance.md`, from the last result of each shape. */
export function performancePage(results: readonly ShapeResult[]): string {
  const [first] = results
  if (first === undefined) throw new Error('There are no results to write about: run a shape first.')
  const parts = [
    introduction,
    '## Machine',
    machineTable(first),
    method(results),
    ...results.map((result) => shapePart(result, first)),
  ]
  return `${parts.join('\n\n')}\n`
}

const introduction = `# Performance

Made by \`npm run bench -- --write\`; not edited by hand. Times depend on the machine: compare the ratios, and run it yourself.`

function machineTable(result: ShapeResult): string {
  const rows = Object.entries(machineFacts(result.machine))
  return markdownTable({ title: '', head: ['', ''], figures: new Set(), rows })
}

function machineFacts(machine: Machine): Record<string, string> {
  const settings = Object.entries(machine.postgresSettings).map(([name, value]) => `${name} = ${value}`)
  return {
    Processor: `${machine.processor}, ${machine.cores} cores`,
    Memory: `${countText(machine.memoryBytes / 2 ** 30)} GiB`,
    Kernel: machine.kernel,
    'Node.js': machine.node,
    PostgreSQL: machine.postgres,
    'Settings of PostgreSQL': settings.join(', '),
    rowferry: machine.rowferry,
    Others: Object.entries(machine.tools)
      .map(([name, version]) => `${name} ${version}`)
      .join(', '),
  }
}

function method(results: readonly ShapeResult[]): string {
  const contenders = new Map(
    results.flatMap(({ sizes }) => sizes.flatMap((size) => size.contenders.map(({ name, does }) => [name, does]))),
  )
  return [
    '## Method',
    '',
    'The contenders take turns (A B C D, A B C D …), each into a database made anew, with a `checkpoint` before it: both outside the clock. A first round is not counted. It warms up, and its results are',
    'compared: the content of every column, in PostgreSQL, with what rowferry has loaded and verified; types, NOT NULL, keys and indexes too. What differs is listed below each table of times.',
    '',
    '- *seconds* are those of the wall clock from the start of the command to its end, medians of the rounds. *rowferry / it* is the median of the ratios within each round.',
    '- *CPU client* is what all processes of the command used, *CPU server* what all processes of PostgreSQL used meanwhile. *peak memory* is the resident memory of the processes of the command; it is not known of those that end within 50 ms.',
    '- *ready csv* and *ready binary* load files that PostgreSQL itself wrote from the verified tables.',
    '',
    '| contender | what is inside the clock |',
    '| --- | --- |',
    ...[...contenders].map(([name, does]) => `| ${name} | ${escapeCell(does ?? '')} |`),
  ].join('\n')
}

function shapePart(result: ShapeResult, first: ShapeResult): string {
  const facts = machineFacts(result.machine)
  const usual = machineFacts(first.machine)
  const other = Object.entries(facts).filter(([name, fact]) => fact !== usual[name])
  const date = result.measuredAt.slice(0, 10)
  const measured = [
    `Measured on ${date}, ${result.rounds} round${result.rounds === 1 ? '' : 's'}.`,
    ...other.map(([name, fact]) => `${name}: ${fact}.`),
  ]
  const intro = `## ${result.shape}\n\n${capitalized(result.description)}. ${measured.join(' ')}`
  return [intro, ...sectionsOf(result).map((section) => `### ${section.title}\n\n${markdownTable(section)}`)].join(
    '\n\n',
  )
}

export function markdownTable({ head, figures, rows }: Section): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(escapeCell).join(' | ')} |`
  const rule = line(head.map((_, column) => (figures.has(column) ? '---:' : '---')))
  return [line(head), rule, ...rows.map(line)].join('\n')
}

/** A pipe would end the cell, a line break the table; what looks like HTML would vanish. */
function escapeCell(text: string): string {
  return text.replace(/\s*\n\s*/g, ' ').replace(/[\\|<]/g, (character) => `\\${character}`)
}

function capitalized(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1)
}
