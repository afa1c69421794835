/**
 * Characters that a terminal or an editor does not show as themselves: controls, bidirectional marks, zero-width characters,
 * line and paragraph separators, lone surrogates. Variation selectors stay, as emoji need them, and so do Arabic signs of
 * the same category that are visible.
 */
const unprintable =
  /[[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Default_Ignorable_Code_Point}]--[\p{Variation_Selector}\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2]]/gv

/** A text on one line for people: what could move a cursor, end a line or reorder what is read is shown as `\x1b`, `\n`, `\u202e`. */
export function printable(text: string): string {
  return text.replace(unprintable, escaped)
}

/** The same for a text whose line ends and tabs are its own. */
export function printableLines(text: string): string {
  return text.replace(unprintable, (character) =>
    character === '\n' || character === '\t' ? character : escaped(character),
  )
}

/** JSON means the same with these escapes. */
export function printableJson(json: string): string {
  return json.replace(unprintable, (character) => {
    if (character === '\n') return character
    return Array.from({ length: character.length }, (_, at) => unicodeEscape(character.charCodeAt(at))).join('')
  })
}

export function isPrintable(text: string): boolean {
  return text.search(unprintable) === -1
}

const short: Readonly<Record<string, string>> = { '\n': String.raw`\n`, '\r': String.raw`\r`, '\t': String.raw`\t` }

function escaped(character: string): string {
  const code = character.codePointAt(0) ?? 0
  if (code > 0xffff) return `\\u{${code.toString(16)}}`
  return short[character] ?? (code > 0xff ? unicodeEscape(code) : `\\x${code.toString(16).padStart(2, '0')}`)
}

function unicodeEscape(code: number): string {
  return `\\u${code.toString(16).padStart(4, '0')}`
}
