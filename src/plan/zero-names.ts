/**
 * Names that zero-cache takes. One other name anywhere in a publication, and it does not start; its copy of the tables is a
 * SQLite database, so that names that differ only in case are the same name there.
 */

const legalName = /^[A-Za-z_]+[A-Za-z0-9_-]*$/
/** Zero lets the names of columns have dots. */
const legalColumn = /^[A-Za-z_]+[A-Za-z0-9_.-]*$/

/** Names of columns that zero-cache adds itself, or that JavaScript objects have. */
const reservedColumns = new Set(['_0_version', '__proto__'])

export type ZeroName = { readonly name: string; readonly reason: string | null }

/** The nearest legal name, and why it was changed; null where it is legal as it is. */
export function legalForZero(name: string, kind: 'table' | 'column' | 'other'): ZeroName {
  if (kind === 'column') {
    if (reservedColumns.has(name.toLowerCase())) return { name: `${name}_`, reason: `Zero has its own ${name}` }
    return legalColumn.test(name) ? { name, reason: null } : { name: inAscii(name), reason: illegal }
  }
  if (/^sqlite_/i.test(name)) {
    return { name: inAscii(`_${name}`), reason: "Zero's copy is a SQLite database, where sqlite_… is reserved" }
  }
  return kind === 'other' || legalName.test(name) ? { name, reason: null } : { name: inAscii(name), reason: illegal }
}

const illegal = 'Zero takes only ASCII letters, digits, _ and -, and no digit first'

/** `Prénom client` becomes `Prenom_client`, `2fa` becomes `_2fa`, `名前` the code points of its letters. */
function inAscii(name: string): string {
  const letters = name
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .replaceAll('ß', 'ss')
    .replace(/[^A-Za-z0-9_-]+/g, '_')
  if (/^[_-]*$/.test(letters))
    return Array.from(name)
      .map((letter) => `u${letter.codePointAt(0)?.toString(16) ?? ''}`)
      .join('_')
  return /^[A-Za-z_]/.test(letters) ? letters : `_${letters}`
}
