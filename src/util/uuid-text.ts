/** What is a UUID written as text, and its 16 bytes. */

/**
 * 32 hexadecimal digits in any case, plain or with dashes as 8-4-4-4-12, the latter also in braces. These forms mean one and
 * the same value; case, dashes and braces are not kept by a uuid column. Nothing else is accepted (`urn:uuid:`, blanks).
 */
export function isUuidText(text: string): boolean {
  switch (text.length) {
    case 32:
      return isHex(text, 0, 32)
    case 36:
      return isDashed(text, 0)
    case 38:
      return text.charCodeAt(0) === 0x7b && text.charCodeAt(37) === 0x7d && isDashed(text, 1)
    default:
      return false
  }
}

/** The text without braces, as the binary codec takes it; null when it is no UUID. */
export function bareUuidText(text: string): string | null {
  if (!isUuidText(text)) return null
  return text.length === 38 ? text.slice(1, 37) : text
}

const dash = 0x2d

function isDashed(text: string, from: number): boolean {
  return (
    text.charCodeAt(from + 8) === dash &&
    text.charCodeAt(from + 13) === dash &&
    text.charCodeAt(from + 18) === dash &&
    text.charCodeAt(from + 23) === dash &&
    isHex(text, from, from + 8) &&
    isHex(text, from + 9, from + 13) &&
    isHex(text, from + 14, from + 18) &&
    isHex(text, from + 19, from + 23) &&
    isHex(text, from + 24, from + 36)
  )
}

function isHex(text: string, from: number, to: number): boolean {
  for (let index = from; index < to; index++) {
    const code = text.charCodeAt(index)
    const isDigit = code >= 0x30 && code <= 0x39
    // Setting bit 5 folds A-F onto a-f.
    const folded = code | 0x20
    if (!isDigit && !(folded >= 0x61 && folded <= 0x66)) return false
  }
  return true
}
