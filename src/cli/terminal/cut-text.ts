import stringWidth from 'fast-string-width'
import { printable } from '../../util/printable.ts'
import { newLine } from './terminal-text.ts'

/** Made when a text is cut for the first time: that takes longer than most texts. */
let segmenter: Intl.Segmenter | null = null

/** At most `width` columns of the terminal; what is longer ends in `…`. Control characters are escaped first, so that they count. */
export function cutText(text: string, width: number): string {
  const shown = printable(text)
  if (stringWidth(shown) <= width) return shown
  if (width < 1) return ''
  let cut = ''
  let used = 0
  segmenter ??= new Intl.Segmenter('en', { granularity: 'grapheme' })
  for (const { segment } of segmenter.segment(shown)) {
    const next = stringWidth(segment)
    if (used + next > width - 1) break
    cut += segment
    used += next
  }
  return `${cut}…`
}

/** Cut or filled up to exactly `width` columns. */
export function fitText(text: string, width: number): string {
  const cut = cutText(text, width)
  return cut + ' '.repeat(Math.max(0, width - stringWidth(cut)))
}

/** Lines of at most `width` columns, broken at spaces; words longer than a line stay whole so that paths can be copied. */
function wrapText(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of printable(text).split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`
    if (line !== '' && stringWidth(longer) > width) {
      lines.push(line)
      line = word
    } else line = longer
  }
  return [...lines, line]
}

/** Wrapped, with every line after the first moved in. */
export function hang(first: string, text: string, width: number): string {
  return hangLines(first, text, width).join(newLine)
}

/** The same as single lines. */
export function hangLines(first: string, text: string, width: number): string[] {
  const indent = ' '.repeat(stringWidth(first))
  return wrapText(text, Math.max(20, width - indent.length)).map((line, index) => (index === 0 ? first : indent) + line)
}
