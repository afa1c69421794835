import { asciiLower } from '../../util/ascii-lower.ts'
import { lowerAscii } from './expression-comparisons.ts'
import { asText, literalText, operand, refuse, truth, type Typed, untranslated } from './expression-types.ts'

/** LIKE and GLOB. */

type Like = { readonly value: Typed; readonly pattern: Typed; readonly escape: Typed | null; readonly not: boolean }

/** SQLite's LIKE takes `A` and `a` as the same letter, ASCII only, and has no escape character unless one is given. */
export function translateLike({ value, pattern, escape, not }: Like): Typed {
  const text = likeText(value)
  const operator = not ? 'not like' : 'like'
  const escapeText = escape === null ? '' : escapeCharacter(escape)
  const { literal } = pattern
  if (literal?.kind !== 'text') {
    if (escape !== null) return refuse('LIKE with ESCAPE and a pattern that is not a literal')
    return truth(`${lowerAscii(text).sql} ${operator} ${lowerAscii(asText(pattern)).sql} escape ''`)
  }
  if (escapeText !== '' && /^[a-z]$/i.test(escapeText)) return untranslated('LIKE with a letter as escape character')
  if (escapeText !== '' && endsInEscape(literal.value, escapeText))
    return untranslated('LIKE with a pattern that ends in the escape character')
  const folded = asciiLower(literal.value)
  const left = /[a-z]/.test(folded) ? lowerAscii(text).sql : operand(text)
  const suffix = escapeText !== '' || folded.includes('\\') ? ` escape ${literalText(escapeText)}` : ''
  return truth(`${left} ${operator} ${literalText(folded)}${suffix}`)
}

function likeText(value: Typed): Typed {
  return value.kind === 'unknown' ? refuse('LIKE on a column whose type is not known') : asText(value)
}

function escapeCharacter(escape: Typed): string {
  const { literal } = escape
  if (literal?.kind !== 'text' || Array.from(literal.value).length !== 1)
    return refuse('LIKE with an escape that is not one character')
  return literal.value
}

function endsInEscape(pattern: string, escape: string): boolean {
  let escaped = false
  for (const character of pattern) escaped = !escaped && character === escape
  return escaped
}

/** GLOB as a regular expression: `*`, `?`, `[a-z]`, `[^a-z]`; capitals count. */
export function translateGlob(value: Typed, pattern: Typed, not: boolean): Typed {
  if (pattern.literal?.kind !== 'text') return refuse('GLOB with a pattern that is not a literal')
  const text = likeText(value)
  const regex = globAsRegex(pattern.literal.value)
  return truth(`${operand(text)} collate "C" ${not ? '!~' : '~'} ${literalText(regex)}`)
}

function globAsRegex(glob: string): string {
  const characters = Array.from(glob)
  let regex = '^'
  for (let at = 0; at < characters.length; at++) {
    const character = characters[at] ?? ''
    if (character === '*') regex += '.*'
    else if (character === '?') regex += '.'
    else if (character === '[') {
      const end = endOfClass(characters, at)
      regex += characterClass(characters.slice(at + 1, end))
      at = end
    } else regex += escaped(character)
  }
  return `${regex}$`
}

/** A `]` right after `[` or `[^` stands for itself. */
function endOfClass(characters: readonly string[], from: number): number {
  let first = from + 1
  if (characters[first] === '^') first++
  const end = characters.indexOf(']', characters[first] === ']' ? first + 1 : first)
  return end < 0 ? refuse('GLOB with a [ that is not closed') : end
}

function characterClass(members: readonly string[]): string {
  const negated = members[0] === '^'
  const inside = negated ? members.slice(1) : members
  let text = ''
  for (let at = 0; at < inside.length; at++) {
    const [from = '', dash, to] = inside.slice(at, at + 3)
    if (dash === '-' && to !== undefined) {
      if (to < from) return untranslated(`GLOB with the range ${from}-${to}`)
      text += `${escaped(from)}-${escaped(to)}`
      at += 2
    } else text += escaped(from)
  }
  return `[${negated ? '^' : ''}${text}]`
}

/** Letters, digits and everything beyond ASCII mean themselves in a regular expression; the rest is escaped. */
function escaped(character: string): string {
  return /^[A-Za-z0-9_ ]$|[^\0-\x7F]/u.test(character) ? character : `\\${character}`
}
