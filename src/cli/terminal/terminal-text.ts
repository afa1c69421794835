import { randomInt } from 'node:crypto'
import type pc from 'picocolors'
import { printable } from '../../util/printable.ts'

/**
 * Names, values and messages of databases hold whatever somebody put there. So every character that is no text is escaped
 * where it is written, and only our own line ends and colours are not: they carry a mark that is drawn anew by each
 * process, which no database can know. The marks have the form of a colour code, so that they have no width.
 */
const mark = Array.from({ length: 3 }, () => randomInt(1000, 10_000)).join(';')

/** A line end within a line that is printed: `\n` there is shown as such. */
export const newLine = `\u001B[${mark};0;0m`

const paints = ['bold', 'dim', 'red', 'green', 'yellow', 'cyan'] as const

export type Colors = Readonly<Record<(typeof paints)[number], (text: string) => string>>

export function markedColors(colors: Pick<ReturnType<typeof pc.createColors>, (typeof paints)[number]>): Colors {
  const marked = paints.map((name) => {
    const [open = '', close = ''] = colors[name](' ').split(' ').map(markedCode)
    return [name, (text: string) => `${open}${text}${close}`] as const
  })
  return Object.fromEntries(marked) as Colors
}

function markedCode(code: string): string {
  return code.replaceAll('\u001B[', `\u001B[${mark};`)
}

// oxlint-disable-next-line no-control-regex -- colour codes are what it is about
const ownMarks = new RegExp(`\u001B\\[${mark};([\\d;]+)m`)

/** The text as it goes to a terminal. */
export function terminalText(text: string): string {
  // Every second part is what a mark holds.
  return text
    .split(ownMarks)
    .map((part, index) => (index % 2 === 0 ? printable(part) : part === '0;0' ? '\n' : `\u001B[${part}m`))
    .join('')
}
