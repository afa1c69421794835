import { isPrintable, printable } from '../../util/printable.ts'

/**
 * The tokens of PostgreSQL that may hold any character, and white space. Block comments do not nest here, since what nests is
 * written again as one comment per line all the same.
 */
const tokens =
  /(?<escaped>\b[eE]'(?:\\[\s\S]|''|[^\\'])*')|(?<text>'(?:''|[^'])*')|(?<identifier>"(?:""|[^"])*")|(?<dollar>\$(?<tag>[A-Za-z_]*)\$[\s\S]*?\$\k<tag>\$)|(?<comment>--[^\r\n]*|\/\*[\s\S]*?\*\/)|(?<space>[\t\n\v\f\r ]+)/g

/**
 * The same statement in characters that a terminal and an editor show as they are. Names and texts get PostgreSQL's escapes
 * (`U&"\202e"`, `E'\u001b'`), so that a name with a line end neither ends a comment nor looks like a line of ours.
 */
export function printableSql(sql: string): string {
  if (isPrintable(sql)) return sql
  return sql.replace(tokens, (token, ...found) => {
    const groups = found.at(-1) as Readonly<Record<string, string | undefined>>
    if (groups['space'] !== undefined) return token.replace(/\r\n?|[\v\f]/g, '\n')
    if (isPrintable(token)) return token
    if (groups['identifier'] !== undefined) return unicodeIdentifier(token)
    if (groups['comment'] !== undefined) return ' '
    if (groups['escaped'] !== undefined) return escapes(token)
    if (groups['dollar'] !== undefined) return textLiteral(token.replace(/^\$\w*\$|\$\w*\$$/g, ''))
    return textLiteral(token.slice(1, -1).replaceAll("''", "'"))
  })
}

function unicodeIdentifier(identifier: string): string {
  const name = identifier.slice(1, -1).replaceAll('\\', '\\\\')
  return `U&"${eachHidden(name, (code) => (code > 0xffff ? `\\+${hex(code, 6)}` : `\\${hex(code, 4)}`))}"`
}

function textLiteral(text: string): string {
  return escapes(`E'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`)
}

/** Of a literal that begins with E. */
function escapes(literal: string): string {
  // A backslash before a character that is written as an escape would take the escape's own backslash.
  const plain = literal.replace(/\\([\s\S])/g, (pair, after: string) => (isPrintable(after) ? pair : after))
  return eachHidden(plain, (code) => (code > 0xffff ? `\\U${hex(code, 8)}` : `\\u${hex(code, 4)}`))
}

function eachHidden(text: string, escape: (code: number) => string): string {
  return Array.from(text, (character) =>
    isPrintable(character) ? character : escape(character.codePointAt(0) ?? 0),
  ).join('')
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0')
}

/** A text as lines of comment; only `\n` begins another. */
export function sqlComment(text: string): string[] {
  return text.split('\n').map((line) => `-- ${printable(line)}`.trimEnd())
}
